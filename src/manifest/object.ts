import type { JsonObject, JsonValue } from './json.ts'

/** Group, version and kind. The core group is the empty string. */
export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly apiVersion?: string
  readonly time?: string
  readonly fieldsType?: 'FieldsV1'
  readonly fieldsV1?: JsonObject
  readonly subresource?: string
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** The standard object metadata; fields the server sets are absent in a manifest. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string | null
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

/** Any Kubernetes object. Values are never changed in place: every step returns a new object. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: JsonValue | undefined | ObjectMeta
}

/** The identity of an object on a cluster. `namespace` is the empty string for cluster-scoped kinds. */
export interface ObjectRef extends GroupVersionKind {
  readonly namespace: string
  readonly name: string
}

/** Splits `apps/v1` into group and version; `v1` has the empty group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.lastIndexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function apiVersionOf(gv: { readonly group: string; readonly version: string }): string {
  return gv.group === '' ? gv.version : `${gv.group}/${gv.version}`
}

export function gvkOf(object: { readonly apiVersion: string; readonly kind: string }): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind }
}

export function refOf(object: KubeObject): ObjectRef {
  return { ...gvkOf(object), namespace: object.metadata.namespace ?? '', name: object.metadata.name }
}

/** A map key for an object's identity. The version is left out: it does not tell two objects apart. */
export function refKey(ref: Omit<ObjectRef, 'version'>): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`
}

/** How an object is named to people, as Flux prints it: `Kind/namespace/name`, or `Kind/name` where it has no namespace. */
export function formatRef(ref: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return ref.namespace === '' ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`
}
