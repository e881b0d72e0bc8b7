import type { JsonObject, JsonValue } from '../json.ts'
import type { Schema } from './schema.ts'

/** The zero value of a field whose `presence` is `always`. */
export function zeroValue(schema: Schema): JsonValue {
  // A struct is written as an empty object, a pointer to one as null; only the first has a default in OpenAPI.
  if (schema.type === 'object') {
    return schema.default === undefined || schema.properties === undefined ? null : emptyFields(schema)
  }
  if (schema.type === 'string') return schema.format === 'date-time' || schema.format === 'byte' ? null : ''
  if (schema.type === 'integer' || schema.type === 'number') return 0
  return schema.type === 'boolean' ? false : null
}

/** What a struct holds before anything is set: the fields that the server always writes. */
export function emptyFields(schema: Schema): JsonObject {
  const fields: Record<string, JsonValue> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field.presence === 'always') fields[name] = zeroValue(field)
  }
  return fields
}
