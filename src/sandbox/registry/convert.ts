import type { KubeObject } from '../../manifest/object.ts'
import { apiVersionOf } from '../../manifest/object.ts'
import type { Kind, KindVersion } from '../kind.ts'
import { detached, type Stored } from '../store.ts'

/** An object of a served version as it is stored. */
export function toStorage(kind: Kind, version: KindVersion, object: KubeObject): KubeObject {
  if (version.version === kind.storageVersion && version.toStorage === undefined) return object
  const converted = version.toStorage?.(object) ?? object
  return { ...converted, apiVersion: storedApiVersion(kind) }
}

/** A stored object as a served version shows it. */
export function fromStorage(kind: Kind, version: KindVersion, object: KubeObject): KubeObject {
  if (isStoredForm(kind, version)) return object
  const converted = version.fromStorage?.(object) ?? object
  return { ...converted, apiVersion: apiVersionOf({ group: kind.group, version: version.version }) }
}

/** `fromStorage` for a version with its text; the same value where nothing changes. */
export function storedAs(kind: Kind, version: KindVersion, stored: Stored): Stored {
  return isStoredForm(kind, version) ? stored : detached(fromStorage(kind, version, stored.object), stored.revision)
}

/** True when the version is stored as it is served, so that stored text can be sent unchanged. */
export function isStoredForm(kind: Kind, version: KindVersion): boolean {
  return version.version === kind.storageVersion && version.fromStorage === undefined && kind.storage === undefined
}

/** The `apiVersion` of stored objects; kinds that share a storage belong to the group of its key. */
function storedApiVersion(kind: Kind): string {
  const group = kind.storage === undefined ? kind.group : kind.storage.slice(0, kind.storage.indexOf('/'))
  return apiVersionOf({ group, version: kind.storageVersion })
}
