import { isObject, type JsonValue } from '../../manifest/json.ts'
import { fieldOf } from '../../manifest/schema/schema.ts'
import type { JsonSchema } from './json-schema.ts'

const KEYWORDS = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/**
 * A value as rules see it: integers and numbers as their schema types them, fields by their escaped names, objects without
 * a prototype.
 */
export function celValue(schema: JsonSchema | undefined, value: JsonValue): unknown {
  if (typeof value === 'number') {
    const isDouble = schema?.type === 'number' || !Number.isInteger(value)
    return isDouble ? value : BigInt(value)
  }
  if (typeof value === 'string') return stringValue(schema, value)
  if (Array.isArray(value)) return value.map(item => celValue(schema?.items, item as JsonValue))
  if (!isObject(value)) return value
  const result: Record<string, unknown> = Object.create(null)
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const declared = schema?.properties !== undefined && Object.hasOwn(schema.properties, key)
    result[declared ? escaped(key) : key] = celValue(fieldOf(schema, key), item)
  }
  return result
}

function stringValue(schema: JsonSchema | undefined, value: string): unknown {
  if (schema?.format === 'date-time' || schema?.format === 'date') {
    const time = new Date(value)
    return Number.isNaN(time.getTime()) ? value : time
  }
  return schema?.format === 'byte' ? Buffer.from(value, 'base64') : value
}

/** A field's name as an identifier of CEL. */
export function escaped(name: string): string {
  if (KEYWORDS.has(name)) return `__${name}__`
  return name.replace(/__|[.\-/]/g, part =>
    part === '__' ? '__underscores__' : part === '.' ? '__dot__' : part === '-' ? '__dash__' : '__slash__',
  )
}
