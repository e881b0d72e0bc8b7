import type { JsonObject, JsonValue } from '../json.ts'
import { isArray, isObject } from '../json.ts'
import { own, put } from '../own.ts'
import type { Schema } from './schema.ts'
import { zeroValue } from './zero-value.ts'

/**
 * An object of a built-in kind as the server writes it after reading it: unknown and null fields gone, empty ones gone or
 * written out as the type has it. Values keep their text; canonical quantities are left to whoever defaults.
 */
export function normalizeBuiltin(value: JsonValue, schema: Schema): JsonValue {
  if (isArray(value)) {
    const { items } = schema
    return items === undefined ? value : value.map(item => normalizeItem(item, items))
  }
  if (!isObject(value)) return value
  return schema.properties === undefined ? normalizeMap(value, schema) : normalizeStruct(value, schema.properties)
}

function normalizeItem(item: JsonValue, schema: Schema): JsonValue {
  return item === null ? zeroValue(schema) : normalizeBuiltin(item, schema)
}

function normalizeMap(value: JsonObject, { additionalProperties }: Schema): JsonObject {
  if (typeof additionalProperties !== 'object') return value
  const out: Record<string, JsonValue> = {}
  for (const name in value) {
    const item = value[name]
    if (item !== undefined) put(out, name, normalizeItem(item, additionalProperties))
  }
  return out
}

function normalizeStruct(value: JsonObject, properties: Readonly<Record<string, Schema>>): JsonObject {
  const out: Record<string, JsonValue> = {}
  for (const name in properties) {
    const field = properties[name]!
    const given = own(value, name)
    if (given === undefined || given === null) {
      if (field.presence === 'always') out[name] = zeroValue(field)
      continue
    }
    const item = normalizeBuiltin(given, field)
    if (field.presence === 'omit-empty' && isEmpty(item)) continue
    out[name] = item
  }
  return out
}

function isEmpty(value: JsonValue): boolean {
  if (isArray(value)) return value.length === 0
  if (isObject(value)) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || value === null
}
