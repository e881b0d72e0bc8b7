import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { own, put } from '../own.ts'
import { sameValue } from '../same-value.ts'

/**
 * Applies a JSON merge patch (RFC 7386) as the API server does. It differs from the RFC in lists: nulls are also taken
 * out of objects inside a list that replaces something other than an object.
 */
export function applyMergePatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!isObject(document)) return withoutNulls(patch)
  if (!isObject(patch)) return patch
  const out: Record<string, JsonValue | undefined> = { ...document }
  for (const [key, value] of Object.entries(patch)) {
    const current = own(document, key)
    if (value === undefined) continue
    if (value === null) delete out[key]
    else
      put(out, key, current === undefined || current === null ? withoutNulls(value) : applyMergePatch(current, value))
  }
  return out as JsonObject
}

/** A value of a patch as it stands where there was none: nulls, which delete, leave no trace. */
export function withoutNulls(value: JsonValue): JsonValue {
  if (isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const fields = Object.entries(value).flatMap(([key, item]) =>
    item === null || item === undefined ? [] : [[key, withoutNulls(item)] as const],
  )
  return Object.fromEntries(fields)
}

/** The merge patch that turns one object into another; undefined where they are the same. */
export function createMergePatch(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch = changes(before, after, true)
  return Object.keys(patch).length === 0 ? undefined : patch
}

/**
 * The merge patch that brings `current` to `desired` where both name a field, and removes what `last` named and `desired`
 * does not: client-side apply for kinds without a patch schema. Undefined where nothing is to be done.
 */
export function createThreeWayMergePatch(
  last: JsonObject,
  desired: JsonObject,
  current: JsonObject,
): JsonObject | undefined {
  const patch = combined(changes(current, desired, false), deletions(last, desired))
  return Object.keys(patch).length === 0 ? undefined : patch
}

function changes(before: JsonObject, after: JsonObject, remove: boolean): JsonObject {
  const out: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(after)) {
    const old = own(before, key)
    if (value === undefined || (old !== undefined && sameValue(old, value))) continue
    if (isObject(old) && isObject(value)) {
      const below = changes(old, value, remove)
      if (Object.keys(below).length > 0) put(out, key, below)
    } else put(out, key, value)
  }
  if (remove) for (const key of Object.keys(before)) if (own(after, key) === undefined) put(out, key, null)
  return out
}

function deletions(before: JsonObject, after: JsonObject): JsonObject {
  const out: Record<string, JsonValue> = {}
  for (const [key, old] of Object.entries(before)) {
    const value = own(after, key)
    if (value === undefined) put(out, key, null)
    else if (isObject(old) && isObject(value)) {
      const below = deletions(old, value)
      if (Object.keys(below).length > 0) put(out, key, below)
    }
  }
  return out
}

function combined(a: JsonObject, b: JsonObject): JsonObject {
  const out: Record<string, JsonValue | undefined> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const other = own(a, key)
    put(out, key, isObject(other) && isObject(value) ? combined(other, value) : (other ?? value))
  }
  return out as JsonObject
}
