import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { type JsonSchema, propertySchema } from './json-schema.ts'

/**
 * Fills in the `default`s of a structural schema, also in place of nulls where null is not allowed; a null that has no
 * default to take its place is dropped. Returns the same value when nothing changes.
 */
export function withDefaults(schema: JsonSchema, object: JsonObject): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined
  const set = (key: string, value: JsonValue | undefined) => {
    copy ??= { ...object }
    if (value === undefined) delete copy[key]
    else copy[key] = value
  }
  for (const key in schema.properties) {
    const fallback = schema.properties[key]!.default
    if (fallback !== undefined && object[key] === undefined) set(key, fallback)
  }
  const filled: JsonObject = copy ?? object
  for (const key in filled) {
    const field = propertySchema(schema, key)
    const before = filled[key]
    if (field === undefined || before === undefined) continue
    const after = before === null && field.nullable !== true ? field.default : before
    const value = after === undefined ? undefined : defaultValue(field, after)
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
