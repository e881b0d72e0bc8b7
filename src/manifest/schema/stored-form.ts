import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { put } from '../own.ts'
import type { Schema } from './schema.ts'

/**
 * An object of a built-in kind as it comes back from the server's storage, which does not tell empty lists and maps from
 * none: where the field is always written, it is null then. Field ownership is settled before this.
 */
export function storedForm(value: JsonValue, schema: Schema): JsonValue {
  if (isArray(value)) return mapped(value, item => (schema.items === undefined ? item : storedForm(item, schema.items)))
  if (!isObject(value) || schema.properties === undefined) return value
  let out: Record<string, JsonValue | undefined> | undefined
  for (const name in value) {
    const field = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    const item = value[name]
    if (field === undefined || item === undefined) continue
    const stored = field.presence === 'always' && isEmptyCollection(item, field) ? null : storedForm(item, field)
    if (stored === item) continue
    out ??= { ...value }
    put(out, name, stored)
  }
  return (out as JsonObject | undefined) ?? value
}

function isEmptyCollection(value: JsonValue, schema: Schema): boolean {
  if (isArray(value)) return value.length === 0
  return isObject(value) && schema.additionalProperties !== undefined && Object.keys(value).length === 0
}

/** The list itself where nothing changes. */
function mapped(list: readonly JsonValue[], change: (item: JsonValue) => JsonValue): readonly JsonValue[] {
  const out = list.map(change)
  return out.every((item, i) => item === list[i]) ? list : out
}
