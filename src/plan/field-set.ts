import { canonicalJson } from '../manifest/canonical.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject, ManagedFieldsEntry } from '../manifest/object.ts'

/** A set of fields in the form of `managedFields[].fieldsV1`: `f:name`, `k:{…}`, `v:…`, `i:n` and `.` for the field itself. */
export type FieldSet = JsonObject

/** What a manager owns by server-side apply; undefined where it owns nothing. */
export function ownEntry(object: KubeObject, manager: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find(
    entry => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  )
}

/** The fields that a manager owns by server-side apply; undefined where it owns none. */
export function ownedFields(object: KubeObject, manager: string): FieldSet | undefined {
  return ownEntry(object, manager)?.fieldsV1
}

/** What anybody else owns, in any way. */
export function foreignFields(object: KubeObject, own: ManagedFieldsEntry): FieldSet {
  return (object.metadata.managedFields ?? [])
    .filter(entry => entry !== own)
    .reduce<FieldSet>((all, { fieldsV1 = {} }) => unionOf(all, fieldsV1), {})
}

/** Everything in either set. */
export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, JsonValue | undefined> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const known = result[key]
    result[key] = isObject(known) && isObject(value) ? mergeNodes(known, value) : value
  }
  return result
}

/** `{}` is the field with all that is in it; together with named members the field itself is `.`. */
function mergeNodes(a: FieldSet, b: FieldSet): FieldSet {
  const [emptyA, emptyB] = [isEmptySet(a), isEmptySet(b)]
  if (emptyA && emptyB) return {}
  if (emptyA) return { '.': {}, ...b }
  if (emptyB) return { '.': {}, ...a }
  return unionOf(a, b)
}

function isEmptySet(set: FieldSet): boolean {
  return Object.keys(set).length === 0
}

/**
 * The part of a value that a set names. Items of keyed lists keep their keys; what the value lacks is left out. `others` are
 * the fields of other managers: where they own something inside of an object that the set names as such (an empty one was
 * applied), only its existence counts. Gives a plain value that is only good for comparing.
 */
export function project(value: JsonValue | undefined, fields: FieldSet, others: FieldSet = {}): JsonValue | undefined {
  if (value === undefined) return value
  if (isEmptySet(fields)) return isEmptySet(others) ? value : isArray(value) ? [] : {}
  const inside = (key: string): FieldSet => (isObject(others[key]) ? others[key] : {})
  if (isObject(value)) {
    const result: Record<string, JsonValue | undefined> = {}
    for (const [key, inner] of Object.entries(fields)) {
      if (!key.startsWith('f:') || !isObject(inner)) continue
      const name = key.slice(2)
      const part = Object.hasOwn(value, name) ? project(value[name], inner, inside(key)) : undefined
      if (part !== undefined) result[name] = part
    }
    return result
  }
  if (!isArray(value)) return value
  const items = Object.entries(fields).flatMap(([key, inner]): readonly (readonly [string, JsonValue])[] => {
    const item = isObject(inner) ? findItem(value, key) : undefined
    const part = item === undefined ? undefined : project(item, inner as FieldSet, inside(key))
    return part === undefined ? [] : [[key, part]]
  })
  return Object.fromEntries(items)
}

/** The item of a list that a path element names. */
export function findItem(list: readonly JsonValue[], element: string): JsonValue | undefined {
  const [kind, text] = [element.slice(0, 2), element.slice(2)]
  if (kind === 'i:') return list[Number(text)]
  if (kind !== 'k:' && kind !== 'v:') return undefined
  const wanted = parseElement(text)
  if (kind === 'v:') return list.find(item => canonicalJson(item) === canonicalJson(wanted))
  if (!isObject(wanted)) return undefined
  const keys = Object.entries(wanted)
  return list.find(
    item => isObject(item) && keys.every(([name, value]) => canonicalJson(item[name]) === canonicalJson(value)),
  )
}

function parseElement(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Whether a set names a field given by the parts of a JSON pointer, itself or by a whole that contains it. */
export function ownsPath(fields: FieldSet, document: JsonValue | undefined, parts: readonly string[]): boolean {
  let set = fields
  let value = document
  for (const part of parts) {
    if (set !== fields && isEmptySet(set)) return true
    const parent = value
    value = isArray(parent) ? parent[Number(part)] : isObject(parent) ? parent[part] : undefined
    const key = isArray(parent)
      ? Object.keys(set).find(element => value !== undefined && findItem(parent, element) === value)
      : `f:${part}`
    const inner = key === undefined ? undefined : set[key]
    if (!isObject(inner)) return false
    set = inner
  }
  return true
}

/** The managers of an object that own fields by apply, apart from one. */
export function otherAppliers(object: KubeObject, manager: string): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? []).filter(
    entry => entry.operation === 'Apply' && !entry.subresource && entry.manager !== manager,
  )
}
