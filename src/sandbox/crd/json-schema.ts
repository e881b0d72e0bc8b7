import type { JsonValue } from '../../manifest/json.ts'
import type { FieldSchemas, ValidationRule, ValueLimits } from '../../manifest/schema/schema.ts'

/** `JSONSchemaProps` of apiextensions.k8s.io/v1, as a CustomResourceDefinition holds it. */
export interface JsonSchema extends FieldSchemas<JsonSchema>, ValueLimits {
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  readonly default?: JsonValue
  readonly enum?: readonly JsonValue[]
  readonly nullable?: boolean
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}
