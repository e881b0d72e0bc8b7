import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { PrinterColumn } from './columns.ts'
import type { JsonSchema } from './json-schema.ts'

/** The spec of a CustomResourceDefinition (apiextensions.k8s.io/v1). */
export interface DefinitionSpec {
  readonly group: string
  readonly names: Names
  readonly scope: 'Namespaced' | 'Cluster'
  readonly versions: readonly DefinitionVersion[]
  readonly conversion?: { readonly strategy?: string }
  readonly preserveUnknownFields?: boolean
}

export interface Names {
  readonly plural: string
  readonly singular?: string
  readonly kind: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

export interface DefinitionVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema }
  readonly subresources?: {
    readonly status?: JsonObject
    readonly scale?: {
      readonly specReplicasPath: string
      readonly statusReplicasPath: string
      readonly labelSelectorPath?: string
    }
  }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface DefinitionStatus {
  readonly conditions?: readonly Condition[] | null
  readonly acceptedNames?: Names
  readonly storedVersions?: readonly string[]
}

export const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions'
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io'

export function specOf(object: KubeObject): DefinitionSpec {
  return object['spec'] as unknown as DefinitionSpec
}

export function statusOf(object: KubeObject): DefinitionStatus {
  return (object['status'] ?? {}) as unknown as DefinitionStatus
}

/** The definition with another status. */
export function withStatus(object: KubeObject, status: DefinitionStatus): KubeObject {
  return { ...object, status: status as unknown as JsonValue } as KubeObject
}

/** Conditions with one replaced or added; the time of transition stays where the status does. */
export function withCondition(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const before = conditions.find(one => one.type === next.type)
  const kept =
    before?.status === next.status && before.lastTransitionTime !== undefined
      ? { ...next, lastTransitionTime: before.lastTransitionTime }
      : next
  return before === undefined ? [...conditions, kept] : conditions.map(one => (one.type === next.type ? kept : one))
}
