import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { fieldOf } from '../../manifest/schema/schema.ts'
import type { JsonSchema } from './json-schema.ts'

const META = new Set(['apiVersion', 'kind', 'metadata'])

/** Drops fields that a structural schema does not declare; tells each by its path. apiVersion, kind and metadata stay. */
export function prune(schema: JsonSchema, object: JsonObject, unknown: (path: string) => void): JsonObject {
  return pruneMap(schema, object, '', true, unknown)
}

function pruneValue(schema: JsonSchema, value: JsonValue, path: string, unknown: (path: string) => void): JsonValue {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return value
    let copy: JsonValue[] | undefined
    for (let index = 0; index < value.length; index++) {
      const before = value[index] as JsonValue
      const after = pruneValue(items, before, `${path}[${index}]`, unknown)
      if (after === before) continue
      copy ??= value.slice()
      copy[index] = after
    }
    return copy ?? value
  }
  if (!isObject(value)) return value
  return pruneMap(schema, value, path, schema['x-kubernetes-embedded-resource'] === true, unknown)
}

function pruneMap(
  schema: JsonSchema,
  object: JsonObject,
  path: string,
  isResource: boolean,
  unknown: (path: string) => void,
): JsonObject {
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in object) {
    const before = object[key]
    if (before === undefined || (isResource && META.has(key))) continue
    const field = fieldOf(schema, key)
    const at = path === '' ? key : `${path}.${key}`
    if (field === undefined) {
      if (keepsAll) continue
      unknown(at)
      copy ??= { ...object }
      delete copy[key]
      continue
    }
    const after = pruneValue(field, before, at, unknown)
    if (after === before) continue
    copy ??= { ...object }
    copy[key] = after
  }
  return copy ?? object
}
