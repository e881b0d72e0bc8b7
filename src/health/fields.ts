import { isArray, isObject, type JsonValue } from '../manifest/json.ts'
import { type Fields, MalformedField, valueAt } from './verdict.ts'

/** A text, or the fallback where the field is missing or is no text. */
export function textAt(fields: Fields, path: string, fallback: string): string {
  const value = valueAt(fields, path)
  return typeof value === 'string' ? value : fallback
}

/** A whole number, or the fallback where the field is missing or is none. */
export function countAt(fields: Fields, path: string, fallback: number): number {
  return wholeNumber(valueAt(fields, path)) ?? fallback
}

/** A whole number that has to be one where it is present. */
export function strictCountAt(fields: Fields, path: string): number | undefined {
  const value = strictValueAt(fields, path)
  if (value === undefined) return undefined
  const count = wholeNumber(value)
  if (count === undefined) throw malformed(path, value, 'int64')
  return count
}

/** A text that has to be one where it is present. */
export function strictTextAt(fields: Fields, path: string): string | undefined {
  const value = strictValueAt(fields, path)
  if (value === undefined || typeof value === 'string') return value
  throw malformed(path, value, 'string')
}

function strictValueAt(fields: Fields, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = fields
  const names = path.split('.')
  for (const [index, name] of names.entries()) {
    if (value === undefined || value === null) return undefined
    if (!isObject(value)) throw malformed(names.slice(0, index).join('.'), value, 'map[string]interface {}')
    value = value[name]
  }
  return value
}

function wholeNumber(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined
}

function malformed(path: string, value: JsonValue, expected: string): MalformedField {
  const type = value === null ? '<nil>' : isArray(value) ? '[]interface {}' : goTypeOf(value)
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return new MalformedField(
    `looking up ${path} from resource: .${path} accessor error: ${text} is of the type ${type}, expected ${expected}`,
  )
}

function goTypeOf(value: JsonValue): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'bigint':
      return 'int64'
    default:
      return 'map[string]interface {}'
  }
}

/** One entry of `status.conditions`; missing parts are empty. */
export interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/**
 * `status.conditions` as a list. Throws `MalformedField` where an entry has a part that is no text: a verdict that rests on
 * half-read conditions would be worse than none.
 */
export function conditionsOf(fields: Fields): readonly StatusCondition[] {
  const status = fields['status']
  if (status === undefined || status === null) return []
  if (!isObject(status)) throw new MalformedField('status is not an object')
  const conditions = status['conditions']
  if (conditions === undefined || conditions === null) return []
  if (!isArray(conditions)) throw new MalformedField('status.conditions is not a list')
  return conditions.map(toCondition)
}

function toCondition(entry: JsonValue): StatusCondition {
  if (entry !== null && !isObject(entry)) throw new MalformedField('an entry of status.conditions is not an object')
  const part = (name: string): string => {
    const value = entry === null ? undefined : entry[name]
    if (value === undefined || value === null) return ''
    if (typeof value !== 'string') throw new MalformedField(`status.conditions.${name} is not a text`)
    return value
  }
  return { type: part('type'), status: part('status'), reason: part('reason'), message: part('message') }
}
