import type { SizedType } from '../../cel/cost-estimate.ts'
import { escaped } from './cel-value.ts'
import type { JsonSchema } from './json-schema.ts'

/** No request is longer, so nothing in it is either. */
const MAX_REQUEST = 3 * 1024 * 1024
const LONGEST_TEXT = MAX_REQUEST - 2
const TEXT = 2

/**
 * The type of what a schema describes, with how large it can get; undefined where it has none. Follows `SchemaDeclType` of
 * k8s.io/apiserver. The root of a resource, and an embedded one, has its metadata too.
 */
export function sizedType(schema: JsonSchema, isResource: boolean): SizedType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true)
    return { kind: 'dyn', maxElements: textLength(schema, LONGEST_TEXT), minSerializedSize: 1 }
  switch (schema.type) {
    case 'array':
      return listType(schema)
    case 'object':
      return mapType(schema) ?? objectType(schema, isResource)
    case 'string':
      return stringType(schema)
    case 'boolean':
      return { kind: 'scalar', maxElements: 0, minSerializedSize: 4 }
    case 'number':
    case 'integer':
      return { kind: 'scalar', maxElements: 0, minSerializedSize: 1 }
    default:
      return undefined
  }
}

function partType(schema: JsonSchema): SizedType | undefined {
  return sizedType(schema, schema['x-kubernetes-embedded-resource'] === true)
}

function listType({ items, maxItems }: JsonSchema): SizedType | undefined {
  const element = items === undefined ? undefined : partType(items)
  if (element === undefined) return undefined
  const most = Math.floor((MAX_REQUEST - 2) / (element.minSerializedSize + 1))
  return { kind: 'list', maxElements: Math.max(0, maxItems ?? most), minSerializedSize: 2, element }
}

function mapType({ additionalProperties, maxProperties }: JsonSchema): SizedType | undefined {
  const element = typeof additionalProperties === 'object' ? partType(additionalProperties) : undefined
  if (element === undefined) return undefined
  const most = Math.floor((MAX_REQUEST - 2) / (element.minSerializedSize + 6))
  return { kind: 'map', maxElements: Math.max(0, maxProperties ?? most), minSerializedSize: 2, element }
}

function objectType(schema: JsonSchema, isResource: boolean): SizedType {
  const text: JsonSchema = { type: 'string' }
  const metadata: JsonSchema = { type: 'object', properties: { name: text, generateName: text } }
  const properties = { ...schema.properties, ...(isResource ? { kind: text, apiVersion: text, metadata } : {}) }
  const fields = new Map<string, SizedType>()
  let minSerializedSize = 2
  for (const [name, property] of Object.entries(properties)) {
    const type = partType(property)
    if (type === undefined) continue
    fields.set(escaped(name), type)
    if (schema.required?.includes(name) === true && property.default === undefined)
      minSerializedSize += name.length + type.minSerializedSize + 4
  }
  return { kind: 'object', maxElements: 0, minSerializedSize, fields }
}

function stringType(schema: JsonSchema): SizedType {
  switch (schema.format) {
    case 'byte':
      return { kind: 'bytes', maxElements: schema.maxLength ?? LONGEST_TEXT, minSerializedSize: TEXT }
    case 'duration':
      return { kind: 'scalar', maxElements: 32, minSerializedSize: 3 }
    case 'date':
      return { kind: 'scalar', maxElements: 12, minSerializedSize: 12 }
    case 'date-time':
      return { kind: 'scalar', maxElements: 32, minSerializedSize: 21 }
    default: {
      const words = (schema.enum ?? []).filter(word => typeof word === 'string')
      const longest = Math.max(0, ...words.map(word => Buffer.byteLength(word)))
      const most = (schema.enum ?? []).length > 0 ? longest : LONGEST_TEXT
      return { kind: 'string', maxElements: textLength(schema, most), minSerializedSize: TEXT }
    }
  }
}

/** A character may take four bytes. */
function textLength({ maxLength }: JsonSchema, otherwise: number): number {
  return maxLength === undefined ? otherwise : Math.max(0, maxLength) * 4
}
