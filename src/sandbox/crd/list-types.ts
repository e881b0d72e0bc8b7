import { isObject, type JsonValue } from '../../manifest/json.ts'
import { fieldOf } from '../../manifest/schema/schema.ts'
import { equal } from '../equal.ts'
import { child, duplicate, type FieldError } from '../field-error.ts'
import type { JsonSchema } from './json-schema.ts'

/** Items that lists of type `set` or `map` hold twice. */
export function listTypeErrors(schema: JsonSchema, value: JsonValue, path = ''): readonly FieldError[] {
  if (Array.isArray(value)) {
    const errors = repeated(schema, value, path)
    const { items } = schema
    return items === undefined
      ? errors
      : [...errors, ...value.flatMap((item, index) => listTypeErrors(items, item, `${path}[${index}]`))]
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const field = fieldOf(schema, key)
    return field === undefined || item === undefined ? [] : listTypeErrors(field, item, child(path, key))
  })
}

function repeated(schema: JsonSchema, items: readonly JsonValue[], path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return []
  const seen: JsonValue[] = []
  const errors: FieldError[] = []
  items.forEach((item, index) => {
    const key = type === 'set' ? item : keyOf(schema, item)
    if (seen.some(one => equal(one, key))) errors.push(duplicate(`${path}[${index}]`, key))
    else seen.push(key)
  })
  return errors
}

function keyOf(schema: JsonSchema, item: JsonValue): JsonValue {
  if (!isObject(item)) return item
  const key: Record<string, JsonValue> = {}
  for (const name of [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    const value = item[name] ?? schema.items?.properties?.[name]?.default
    if (value !== undefined) key[name] = value
  }
  return key
}
