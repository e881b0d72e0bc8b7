import type { JsonArray, JsonObject, JsonValue } from '../../../manifest/json.ts'
import { isObject } from '../../../manifest/json.ts'
import { formatQuantity, parseQuantity, roundToMilli } from '../../../manifest/quantity.ts'
import { type FieldType, type StructType, structOf, type TypeRef } from './go-types.ts'

/** What the API server fills in for one Go struct; gets and returns the struct's value, never changing its argument. */
export type StructDefaults = Readonly<Record<string, (value: JsonObject) => JsonObject>>

/**
 * An object as it comes out of the API server's Go types: nulls and empty optional fields gone, required and struct fields
 * written with their zero value, resource quantities in canonical form, and `defaults` applied to every struct on the way
 * down. Values that do not fit their type are left alone. Returns the same value when nothing changes.
 */
export function normalize(type: StructType, value: JsonObject, defaults: StructDefaults): JsonObject {
  const given = defaults[type.name]?.(value) ?? value
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in given) {
    const before = given[key]
    const field = type.fields.get(key)
    const after = field === undefined || before === undefined ? undefined : fieldValue(field, before, defaults)
    if (after === before) continue
    copy ??= { ...given }
    if (after === undefined) delete copy[key]
    else copy[key] = after
  }
  for (const field of type.written) {
    const present = (copy ?? given)[field.name]
    if (present !== undefined) continue
    copy ??= { ...given }
    copy[field.name] = zero(field.type, defaults)
  }
  return copy ?? given
}

/** The value of a field, or undefined where Go leaves it out. */
function fieldValue(field: FieldType, before: JsonValue, defaults: StructDefaults): JsonValue | undefined {
  const after = typedValue(field.type, before, defaults)
  if (after === null)
    return field.type.kind === 'leaf' && field.type.leaf === 'raw' ? undefined : absent(field, defaults)
  if (field.omit === 'never' || field.type.kind === 'pointer') return after
  if (field.type.kind === 'leaf') return isZeroLeaf(after, field) ? undefined : after
  if (field.type.kind === 'struct')
    return field.omit === 'zero' && isObject(after) && Object.keys(after).length === 0 ? undefined : after
  return isEmptyCollection(after) ? undefined : after
}

function absent(field: FieldType, defaults: StructDefaults): JsonValue | undefined {
  if (field.omit === 'never') return zero(field.type, defaults)
  return undefined
}

function typedValue(type: TypeRef, value: JsonValue, defaults: StructDefaults): JsonValue {
  if (value === null) return null
  switch (type.kind) {
    case 'pointer':
      return typedValue(type.of, value, defaults)
    case 'list':
      return Array.isArray(value) ? listValue(type.of, value, defaults) : value
    case 'map':
      return isObject(value) ? mapValue(type, value, defaults) : value
    case 'struct': {
      const struct = structOf(type.name)
      return struct !== undefined && isObject(value) ? normalize(struct, value, defaults) : value
    }
    case 'leaf':
      return type.leaf === 'quantity' ? canonicalQuantity(value) : value
  }
}

function listValue(type: TypeRef, list: JsonArray, defaults: StructDefaults): JsonArray {
  let copy: JsonValue[] | undefined
  for (let index = 0; index < list.length; index++) {
    const before = list[index]!
    const after = typedValue(type, before, defaults) ?? zero(type, defaults)
    if (after === before) continue
    copy ??= list.slice()
    copy[index] = after
  }
  return copy ?? list
}

function mapValue(type: TypeRef & { kind: 'map' }, map: JsonObject, defaults: StructDefaults): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in map) {
    const before = map[key]
    if (before === undefined) continue
    const value = typedValue(type.of, before, defaults) ?? zeroInMap(type.of, defaults)
    const after = type.resources && typeof value === 'string' ? resourceQuantity(value) : value
    if (after === before) continue
    copy ??= { ...map }
    copy[key] = after
  }
  return copy ?? map
}

/** No bytes are an empty text in a map, where a null would not survive being stored. */
function zeroInMap(type: TypeRef, defaults: StructDefaults): JsonValue {
  return type.kind === 'leaf' && type.leaf === 'bytes' ? '' : zero(type, defaults)
}

const canonical = /^(?:[1-9]\d{0,2}(?:m|[KMGTPE]i)?|0)$/

function canonicalQuantity(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
  if (text === undefined || canonical.test(text)) return text ?? value
  const quantity = parseQuantity(text)
  return typeof quantity === 'string' ? value : formatQuantity(quantity)
}

/** A quantity of a resource list as the server keeps it: canonical, in thousandths at the finest. */
export function resourceQuantity(text: string): string {
  if (canonical.test(text)) return text
  const quantity = parseQuantity(text)
  return typeof quantity === 'string' ? text : formatQuantity(roundToMilli(quantity))
}

function isZeroLeaf(value: JsonValue, field: FieldType): boolean {
  const { type } = field
  if (type.kind !== 'leaf' || type.leaf === 'intstr' || type.leaf === 'quantity' || type.leaf === 'raw') return false
  return value === '' || value === 0 || value === false
}

function isEmptyCollection(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const _ in value) return false
  return true
}

/** What Go writes for a field that nothing set. */
function zero(type: TypeRef, defaults: StructDefaults): JsonValue {
  if (type.kind === 'struct') {
    const struct = structOf(type.name)
    return struct === undefined ? {} : normalize(struct, {}, defaults)
  }
  if (type.kind !== 'leaf') return null
  switch (type.leaf) {
    case 'string':
      return ''
    case 'int':
    case 'float':
    case 'intstr':
      return 0
    case 'bool':
      return false
    case 'quantity':
      return '0'
    case 'duration':
      return '0s'
    default:
      return null
  }
}
