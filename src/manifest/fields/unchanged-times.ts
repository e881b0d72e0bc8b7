import type { JsonValue } from '../json.ts'
import type { KubeObject, ManagedFieldsEntry } from '../object.ts'
import { sameValue } from '../same-value.ts'
import { withoutManagedFields } from './field-manager.ts'

/**
 * A write that changes nothing but times of `managedFields` is no write: the object then keeps the entries that it had,
 * so that nothing is stored. Compares what is about to be stored with what is.
 */
export function keepUnchangedTimes(before: KubeObject, after: KubeObject): KubeObject {
  const [old = [], fresh = []] = [before.metadata.managedFields, after.metadata.managedFields]
  if (old.length !== fresh.length || fresh.length === 0) return after
  if (!sameValue(withoutTimes(old), withoutTimes(fresh))) return after
  const [a, b] = [comparable(before), comparable(after)]
  if (!sameValue(a, b)) return after
  return { ...after, metadata: { ...after.metadata, managedFields: old } }
}

function withoutTimes(entries: readonly ManagedFieldsEntry[]): JsonValue {
  return entries.map(({ time, ...entry }) => entry) as unknown as JsonValue
}

/** `resourceVersion` and `generation` are the server's; the write sets them only after it is known to be one. */
function comparable(object: KubeObject): JsonValue {
  const { resourceVersion, generation, ...metadata } = withoutManagedFields(object).metadata
  return { ...object, metadata } as unknown as JsonValue
}
