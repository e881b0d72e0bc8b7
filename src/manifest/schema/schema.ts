import type { JsonValue } from '../json.ts'

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'

/**
 * The type of a field: the part of OpenAPI v3 that Kubernetes uses, with its extensions, for built-in kinds and for the
 * structural schemas of CRDs alike. Schemas form a graph (some types contain themselves), never a tree to be walked
 * without a value beside it. Without `type` any value is allowed.
 */
export interface Schema {
  /** Name of the definition in OpenAPI (`io.k8s.api.core.v1.Container`); fields of that type share its `properties`. */
  readonly name?: string
  readonly type?: SchemaType
  readonly format?: string
  /** Scalar types that the value may have where `type` is absent: quantities, int-or-string. */
  readonly oneOf?: readonly SchemaType[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** The type of all values of a map, or `true` where anything goes. */
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly default?: JsonValue
  readonly enum?: readonly JsonValue[]
  readonly nullable?: boolean
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  /** `merge`, `replace`, `retainKeys`, or `merge,retainKeys`: how a strategic merge patch treats the field. */
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  /**
   * How the server writes the field when it is empty: `always` (zero value, `null` or `{}`) or `omit-empty`. Absent for
   * fields that are written exactly when they were set.
   */
  readonly presence?: 'always' | 'omit-empty'
  readonly preserveUnknownFields?: boolean
  readonly embeddedResource?: boolean
  readonly intOrString?: boolean
  readonly description?: string
  /** Value checks of CRDs. */
  readonly checks?: SchemaChecks
}

/** What a value may be, beside its type. */
export interface ValueLimits {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
}

export interface SchemaChecks extends ValueLimits {
  /** Schemas as they stand in the CRD: they only check values and never declare fields. */
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly rules?: readonly ValidationRule[]
}

/** One entry of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** How a schema, in whatever form, says what the fields of an object are. */
export interface FieldSchemas<S> {
  readonly properties?: Readonly<Record<string, S>>
  readonly additionalProperties?: S | boolean
}

/** The schema of one field of an object, also of a map's value; undefined where the schema does not know the field. */
export function fieldOf<S extends FieldSchemas<S>>(schema: S | undefined, name: string): S | undefined {
  if (schema === undefined) return undefined
  const declared = schema.properties
  if (declared !== undefined && Object.hasOwn(declared, name)) return declared[name]
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** Walks a path of field names; a number or `'*'` stands for the items of a list. */
export function schemaAt(schema: Schema | undefined, path: readonly (string | number)[]): Schema | undefined {
  let at = schema
  for (const step of path) {
    const items = at?.items
    at = items !== undefined && (typeof step === 'number' || step === '*') ? items : fieldOf(at, String(step))
  }
  return at
}

/** The keys by which items of a list are told apart when lists are merged; undefined for lists that are replaced. */
export function mergeKeysOf(schema: Schema | undefined): readonly string[] | undefined {
  if (schema?.listType === 'map') return schema.listMapKeys
  if (schema?.listType !== undefined || schema?.patchMergeKey === undefined) return undefined
  return strategiesOf(schema).includes('merge') ? [schema.patchMergeKey] : undefined
}

/** `x-kubernetes-patch-strategy`, split. */
export function strategiesOf(schema: Schema | undefined): readonly string[] {
  return schema?.patchStrategy === undefined ? [] : schema.patchStrategy.split(',')
}
