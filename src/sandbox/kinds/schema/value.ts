import type { JsonArray, JsonObject, JsonValue } from '../../../manifest/json.ts'
import { isObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'

const nothing: JsonObject = Object.freeze({})
const none: readonly JsonObject[] = Object.freeze([])
const noTexts: readonly string[] = Object.freeze([])

/** The value at a path of field names; undefined where a step is missing or no object. */
export function at(value: unknown, ...path: readonly string[]): JsonValue | undefined {
  let current = value as JsonValue | undefined
  for (const step of path) {
    if (!isObject(current)) return undefined
    current = current[step]
  }
  return current
}

/** The object at a path; empty where there is none. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : nothing
}

/** The list of objects at a path; empty where there is none. */
export function objectsAt(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? (found as readonly JsonObject[]) : none
}

/** The list of texts at a path; empty where there is none. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? (found as readonly string[]) : noTexts
}

/** The text at a path, `''` where there is none: how Go sees an unset string. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** The number at a path, 0 where there is none: how Go sees an unset integer. */
export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : typeof found === 'bigint' ? Number(found) : 0
}

/** The map of texts at a path; empty where there is none. */
export function labelsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  return objectAt(value, ...path) as Readonly<Record<string, string>>
}

/** True where something other than null is at the path. */
export function has(value: unknown, ...path: readonly string[]): boolean {
  const found = at(value, ...path)
  return found !== undefined && found !== null
}

/** The object with the fields that it lacks; the same object when it lacks none. Null counts as lacking. */
export function withMissing<T extends JsonObject>(object: T, fields: JsonObject): T {
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in fields) {
    const present = object[key]
    if (present !== undefined && present !== null) continue
    copy ??= { ...object }
    copy[key] = fields[key]
  }
  return (copy ?? object) as T
}

/** `withMissing` for strings and numbers that Go reads as unset when they are `''` or 0. */
export function withUnset<T extends JsonObject>(object: T, fields: JsonObject): T {
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in fields) {
    const present = object[key]
    if (present !== undefined && present !== null && present !== '' && present !== 0) continue
    copy ??= { ...object }
    copy[key] = fields[key]
  }
  return (copy ?? object) as T
}

/** The object with one field changed by `change`; undefined takes it away. The same object when nothing changes. */
export function withField<T extends object>(
  object: T,
  field: string,
  change: (value: JsonValue | undefined) => JsonValue | undefined,
): T {
  const before = (object as JsonObject)[field]
  const after = change(before)
  if (after === before) return object
  if (after !== undefined) return { ...object, [field]: after }
  const { [field]: _gone, ...rest } = object as Record<string, unknown>
  return rest as T
}

/** The object with the value at a path replaced; objects on the way are made where they are missing. */
export function withAt<T extends object>(object: T, path: readonly string[], value: JsonValue | undefined): T {
  const [first = '', ...rest] = path
  if (rest.length === 0) return withField(object, first, () => value)
  return withField(object, first, inner => withAt(isObject(inner) ? inner : {}, rest, value))
}

/** Every item of a list of objects passed through `change`; the same list when nothing changes. */
export function eachItem(
  list: JsonValue | undefined,
  change: (item: JsonObject, index: number) => JsonObject,
): JsonValue | undefined {
  if (!Array.isArray(list)) return list
  let copy: JsonValue[] | undefined
  for (let index = 0; index < list.length; index++) {
    const before = list[index]
    if (!isObject(before)) continue
    const after = change(before, index)
    if (after === before) continue
    copy ??= (list as JsonArray).slice()
    copy[index] = after
  }
  return copy ?? list
}

/** A Kubernetes object seen as plain JSON. */
export function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject
}

/** JSON seen as a Kubernetes object; the caller knows that it is one. */
export function asKube(object: JsonObject): KubeObject {
  return object as unknown as KubeObject
}
