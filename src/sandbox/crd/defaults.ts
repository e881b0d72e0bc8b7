import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { own, put } from '../../manifest/own.ts'
import { fieldOf } from '../../manifest/schema/schema.ts'
import type { JsonSchema } from './json-schema.ts'

/**
 * Fills in the `default`s of a structural schema, also in place of nulls where null is not allowed. Returns the same value
 * when nothing changes.
 */
export function withDefaults(schema: JsonSchema, object: JsonObject): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined
  const set = (key: string, value: JsonValue) => {
    copy ??= { ...object }
    put(copy, key, value)
  }
  for (const key in schema.properties) {
    const fallback = schema.properties[key]!.default
    if (fallback !== undefined && own(object, key) === undefined) set(key, fallback)
  }
  const filled: JsonObject = copy ?? object
  for (const key in filled) {
    const field = fieldOf(schema, key)
    const before = filled[key]
    if (field === undefined || before === undefined) continue
    const given = before === null && field.nullable !== true ? (field.default ?? null) : before
    const value = defaultValue(field, given)
    if (value !== before) set(key, value)
  }
  return copy ?? object
}

function defaultValue(schema: JsonSchema, value: JsonValue): JsonValue {
  if (!Array.isArray(value)) return isObject(value) ? withDefaults(schema, value) : value
  const { items } = schema
  if (items === undefined) return value
  let copy: JsonValue[] | undefined
  for (let index = 0; index < value.length; index++) {
    const before = value[index] as JsonValue
    const given = before === null && items.nullable !== true ? (items.default ?? null) : before
    const after = defaultValue(items, given)
    if (after === before) continue
    copy ??= value.slice()
    copy[index] = after
  }
  return copy ?? value
}

/** Drops the nulls of fields that may not be null and have no default. Returns the same value when nothing changes. */
export function withoutNulls(schema: JsonSchema, object: JsonObject): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in object) {
    const field = fieldOf(schema, key)
    const before = object[key]
    if (field === undefined || before === undefined) continue
    if (before === null) {
      if (field.nullable === true || field.default !== undefined) continue
      copy ??= { ...object }
      delete copy[key]
      continue
    }
    const after = withoutNullsIn(field, before)
    if (after === before) continue
    copy ??= { ...object }
    put(copy, key, after)
  }
  return copy ?? object
}

function withoutNullsIn(schema: JsonSchema, value: JsonValue): JsonValue {
  if (!Array.isArray(value)) return isObject(value) ? withoutNulls(schema, value) : value
  const { items } = schema
  if (items === undefined) return value
  const after = value.map(item => withoutNullsIn(items, item as JsonValue))
  return after.every((item, index) => item === value[index]) ? value : after
}
