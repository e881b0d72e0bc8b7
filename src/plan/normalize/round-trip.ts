import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { formatQuantity, parseQuantity } from '../../manifest/quantity.ts'
import { type TypeFields, typeFields } from './types.ts'

/** Thrown where a value does not fit its field; the whole object then stays as it is. */
export class TypeMismatch extends Error {
  override readonly name = 'TypeMismatch'
}

/**
 * An object as it comes back from Kubernetes' Go types: unknown fields are gone, empty optional ones too, structs that are
 * no pointers are there even when empty, quantities and times are in their normal form. Throws `TypeMismatch`.
 */
export function roundTrip(value: JsonValue | undefined, fields: TypeFields): JsonObject {
  if (value !== undefined && value !== null && !isObject(value)) throw new TypeMismatch('expected an object')
  const result: Record<string, JsonValue> = {}
  for (const { name, shape, omitsEmpty, omitsNull } of fieldRulesOf(fields)) {
    const converted = convert(value?.[name], shape)
    if (omitsEmpty && isEmpty(converted, shape)) continue
    if (omitsNull && converted === null) continue
    result[name] = converted
  }
  return result
}

interface FieldRule {
  readonly name: string
  readonly shape: string
  readonly omitsEmpty: boolean
  readonly omitsNull: boolean
}

/** Read once for each type: there are few, and every object goes through them. */
const rules = new WeakMap<TypeFields, readonly FieldRule[]>()

function fieldRulesOf(fields: TypeFields): readonly FieldRule[] {
  const known = rules.get(fields)
  if (known !== undefined) return known
  const read = Object.entries(fields).map(([name, field]): FieldRule => {
    const [, flags = '', shape = ''] = /^([?0]*)(.*)$/.exec(field) ?? []
    return { name, shape, omitsEmpty: flags.includes('?'), omitsNull: flags.includes('0') }
  })
  rules.set(fields, read)
  return read
}

/** What Go's omitempty leaves out; a struct that is no pointer never counts as empty. */
function isEmpty(value: JsonValue, shape: string): boolean {
  if (isArray(value)) return value.length === 0
  if (shape.startsWith('{}')) return value === null || Object.keys(value as JsonObject).length === 0
  switch (shape) {
    case 'string':
    case 'duration':
    case 'bytes':
      return value === '' || value === null
    case 'bool':
      return value === false
    case 'int':
    case 'float':
      return value === 0
    case 'quantity':
    case 'intstr':
    case 'time':
    case 'microtime':
      return false
    default:
      return value === null
  }
}

function convert(value: JsonValue | undefined, shape: string): JsonValue {
  const missing = value === undefined || value === null
  if (shape.startsWith('*')) return missing ? null : convert(value, shape.slice(1))
  if (shape.startsWith('[]')) {
    if (missing) return null
    if (!isArray(value)) throw new TypeMismatch('expected a list')
    return value.map(item => convert(item, shape.slice(2)))
  }
  if (shape.startsWith('{}')) {
    if (missing) return null
    if (!isObject(value)) throw new TypeMismatch('expected a map')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, shape.slice(2))]))
  }
  const basic = Object.hasOwn(BASIC, shape) ? BASIC[shape] : undefined
  if (basic === undefined) return roundTrip(value, typeFields(shape))
  return missing ? basic.zero : basic.convert(value)
}

interface BasicShape {
  readonly zero: JsonValue
  readonly convert: (value: JsonValue) => JsonValue
}

const BASIC: Readonly<Record<string, BasicShape>> = {
  string: { zero: '', convert: text },
  bool: {
    zero: false,
    convert(value) {
      if (typeof value !== 'boolean') throw new TypeMismatch('expected true or false')
      return value
    },
  },
  int: {
    zero: 0,
    convert(value) {
      if (typeof value === 'bigint' || Number.isInteger(value)) return value
      throw new TypeMismatch('expected a whole number')
    },
  },
  float: {
    zero: 0,
    convert(value) {
      if (typeof value === 'number' || typeof value === 'bigint') return value
      throw new TypeMismatch('expected a number')
    },
  },
  bytes: { zero: null, convert: bytes },
  quantity: { zero: '0', convert: quantity },
  intstr: {
    zero: 0,
    convert(value) {
      if (typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value)) return value
      throw new TypeMismatch('expected a whole number or a text')
    },
  },
  time: { zero: null, convert: value => time(value, 0) },
  microtime: { zero: null, convert: value => time(value, 6) },
  duration: { zero: '0s', convert: text },
  any: { zero: null, convert: value => value },
}

function text(value: JsonValue): string {
  if (typeof value !== 'string') throw new TypeMismatch('expected a text')
  return value
}

function bytes(value: JsonValue): string {
  if (isArray(value)) return Buffer.from(value.map(byte)).toString('base64')
  const encoded = text(value).replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    throw new TypeMismatch('expected base64')
  return Buffer.from(encoded, 'base64').toString('base64')
}

/** Bytes may be written as a list of numbers, too. */
function byte(value: JsonValue): number {
  const number = Number(value)
  if (typeof value === 'object' || !Number.isInteger(number) || number < 0 || number > 255)
    throw new TypeMismatch('expected a byte')
  return number
}

function quantity(value: JsonValue): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
    throw new TypeMismatch('expected a quantity')
  const parsed = parseQuantity(String(value).trim())
  if (typeof parsed === 'string') throw new TypeMismatch(parsed)
  return formatQuantity(parsed)
}

function time(value: JsonValue, fraction: number): string {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.exec(text(value))
  const instant = match === null ? Number.NaN : Date.parse(match[0])
  if (match === null || Number.isNaN(instant)) throw new TypeMismatch('expected a time')
  const seconds = new Date(instant).toISOString().slice(0, 19)
  const part = fraction === 0 ? '' : (match[1] ?? '.').padEnd(fraction + 1, '0').slice(0, fraction + 1)
  return `${seconds}${part}Z`
}
