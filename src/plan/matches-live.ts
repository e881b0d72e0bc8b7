import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { sameValue } from '../manifest/same-value.ts'
import { type FieldSet, findItem, ownedFields } from './field-set.ts'
import { asStored } from './server-defaults.ts'

/**
 * Whether applying `desired` would change nothing on a live object, told without asking the server: the manager owns exactly
 * the fields that `desired` has, and each has its value. False also where that cannot be told.
 */
export function matchesLive(desired: KubeObject, live: KubeObject, manager: string): boolean {
  const fields = ownedFields(live, manager)
  if (fields === undefined || desired.apiVersion !== live.apiVersion) return false
  const { apiVersion: _, kind: __, metadata, status: ___, ...content } = asStored(desired) as unknown as JsonObject
  const { name: ____, namespace: _____, creationTimestamp: ______, ...labels } = metadata as JsonObject
  const applied = Object.keys(labels).length === 0 ? content : { ...content, metadata: labels }
  return sameNode(applied, live as unknown as JsonObject, fields)
}

function sameNode(desired: JsonValue, live: JsonValue | undefined, fields: FieldSet): boolean {
  if (live === undefined) return false
  const names = Object.keys(fields).filter(key => key !== '.')
  if (isObject(desired)) {
    if (!isObject(live)) return false
    const members = Object.keys(desired).filter(key => desired[key] !== undefined)
    // An empty object is owned as such; what others put into it is theirs.
    if (members.length === 0) return names.length === 0
    // No members in the set: the object is owned as a whole.
    if (names.length === 0) return sameValue(desired, live)
    return members.length === names.length && members.every(key => sameMember(desired, live, fields, key))
  }
  if (!isArray(desired)) return names.length === 0 && sameValue(desired, live)
  if (!isArray(live)) return false
  if (desired.length === 0) return names.length === 0
  return names.length === 0 ? sameValue(desired, live) : sameItems(desired, live, fields, names)
}

function sameMember(desired: JsonObject, live: JsonObject, fields: FieldSet, key: string): boolean {
  const inner = fields[`f:${key}`]
  return isObject(inner) && sameNode(desired[key]!, Object.hasOwn(live, key) ? live[key] : undefined, inner)
}

function sameItems(
  desired: readonly JsonValue[],
  live: readonly JsonValue[],
  fields: FieldSet,
  elements: readonly string[],
): boolean {
  if (elements.length !== desired.length) return false
  const pairs = elements.map(element => [findItem(desired, element), findItem(live, element), fields[element]] as const)
  const same = pairs.every(
    ([item, there, inner]) =>
      item !== undefined && there !== undefined && isObject(inner) && sameNode(item, there, inner),
  )
  if (!same) return false
  const order = pairs
    .map(([item, there]) => [desired.indexOf(item!), live.indexOf(there!)] as const)
    .toSorted(([a], [b]) => a - b)
  return order.every(([, place], index) => index === 0 || order[index - 1]![1] < place)
}
