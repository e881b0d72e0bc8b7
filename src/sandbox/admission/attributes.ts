import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type Kind, type KindVersion, storageKey, type User } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { fromStorage } from '../registry/convert.ts'
import { forbidden, type GroupResource, type StatusError } from '../status.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** A subresource whose objects are of a kind of their own, such as Scale; `show` makes one of the stored object. */
export interface SubresourceKind extends GroupVersionKind {
  show(object: KubeObject): JsonObject
}

/** What a request is about to do, as admission sees it. Objects are in the storage version. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation
  readonly kind: Kind
  /** The version in which the client speaks. */
  readonly version: KindVersion
  readonly subresource: string
  readonly subresourceKind?: SubresourceKind
  readonly namespace: string
  /** As the URL names it, or the object; empty for names that are still to be generated and for whole collections. */
  readonly name: string
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  /** The request's CreateOptions, UpdateOptions or DeleteOptions. */
  readonly options: JsonObject | undefined
  readonly dryRun: boolean
  readonly user: User
  warn(message: string): void
}

/** The version of a resource that a rule named: that of the request, or an equivalent one. */
export type MatchedResource = Resource

export function kindOf(attributes: AdmissionAttributes, { kind, version }: MatchedResource): GroupVersionKind {
  const { subresourceKind } = attributes
  if (subresourceKind !== undefined)
    return { group: subresourceKind.group, version: subresourceKind.version, kind: subresourceKind.kind }
  return { group: kind.group, version: version.version, kind: kind.kind }
}

/** An object of the request in the version of a matched resource; undefined stays undefined. */
export function shownAs(
  attributes: AdmissionAttributes,
  { kind, version }: MatchedResource,
  object: KubeObject | undefined,
): JsonObject | undefined {
  if (object === undefined) return undefined
  if (attributes.subresourceKind !== undefined) return attributes.subresourceKind.show(object)
  return fromStorage(kind, version, object) as unknown as JsonObject
}

/** Every resource and version that holds the same objects as the one of the request, in the order of discovery. */
export function equivalents(kinds: readonly Kind[], attributes: AdmissionAttributes): readonly MatchedResource[] {
  const key = storageKey(attributes.kind)
  return kinds
    .filter(kind => storageKey(kind) === key)
    .flatMap(kind => kind.versions.map(version => ({ kind, version })))
}

/** The refusal of a request by admission: 403, naming the object as well as it can be named. */
export function refusedByAdmission(attributes: AdmissionAttributes, message: string): StatusError {
  const resource: GroupResource = { group: attributes.kind.group, resource: attributes.kind.plural }
  const name =
    attributes.name || attributes.object?.metadata.name || attributes.object?.metadata.generateName || 'Unknown'
  return forbidden(resource, name, message)
}
