import { goJson, goQuote } from '../go-text.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'

/**
 * One step of a field path in the text that `fieldsV1` uses as keys: `f:<field>`, `k:<key fields of a list item as JSON>`,
 * `v:<item of a set as JSON>`, `i:<index>`. Two steps are the same exactly when their texts are.
 */
export type PathElement = string
export type FieldPath = readonly PathElement[]

export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

/** The step to the list item with these key fields. */
export function keyElement(fields: JsonObject): PathElement {
  return `k:${goJson(fields)}`
}

/** The step to an item of a set. */
export function valueElement(value: JsonValue): PathElement {
  return `v:${goJson(value)}`
}

/** The element in its one canonical text; undefined for kinds of elements that do not exist. Throws on broken JSON. */
export function parseElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error('key must be 2 characters long:')
  if (text[1] !== ':') throw new Error(`missing colon: ${text}`)
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f':
      return text
    case 'k':
      return keyElement(JSON.parse(rest) as JsonObject)
    case 'v':
      return valueElement(JSON.parse(rest) as JsonValue)
    case 'i':
      if (!/^[+-]?\d+$/.test(rest)) throw new Error(`strconv.Atoi: parsing ${goQuote(rest)}: invalid syntax`)
      return `i:${Number(rest)}`
    default:
      return undefined
  }
}

/** Fields before keys before values before indexes; keys by their fields, values by type and then size. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const kind = order.indexOf(a[0] ?? '') - order.indexOf(b[0] ?? '')
  if (kind !== 0) return kind
  switch (a[0]) {
    case 'k':
      return compareKeys(JSON.parse(a.slice(2)) as JsonObject, JSON.parse(b.slice(2)) as JsonObject)
    case 'v':
      return compareValues(JSON.parse(a.slice(2)) as JsonValue, JSON.parse(b.slice(2)) as JsonValue)
    case 'i':
      return Number(a.slice(2)) - Number(b.slice(2))
    default:
      return a < b ? -1 : 1
  }
}
const order = 'fkvi'

function compareKeys(a: JsonObject, b: JsonObject): number {
  const [left, right] = [Object.keys(a).sort(), Object.keys(b).sort()]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x = '', y = ''] = [left[i], right[i]]
    if (x !== y) return x < y ? -1 : 1
    const value = compareValues(a[x] ?? null, b[y] ?? null)
    if (value !== 0) return value
  }
  return left.length - right.length
}

function compareValues(a: JsonValue, b: JsonValue): number {
  const type = rank(a) - rank(b)
  if (type !== 0) return type
  if (isArray(a) && isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const item = compareValues(a[i] ?? null, b[i] ?? null)
      if (item !== 0) return item
    }
    return a.length - b.length
  }
  if (isObject(a) && isObject(b)) return compareKeys(a, b)
  return a === b ? 0 : (a as string) < (b as string) ? -1 : 1
}

function rank(value: JsonValue): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'boolean') return 2
  if (isArray(value)) return 3
  return value === null ? 5 : 4
}

/** A path as the API server prints it in conflicts: `.spec.template.spec.containers[name="app"].image`. */
export function formatPath(path: FieldPath): string {
  return path.map(formatElement).join('')
}

export function formatElement(element: PathElement): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'k': {
      const fields = Object.entries(JSON.parse(rest) as JsonObject)
      return `[${fields.map(([name, value]) => `${name}=${formatValue(value ?? null)}`).join(',')}]`
    }
    case 'v':
      return `[=${formatValue(JSON.parse(rest) as JsonValue)}]`
    case 'i':
      return `[${rest}]`
    default:
      return `.${rest}`
  }
}

function formatValue(value: JsonValue): string {
  if (typeof value === 'string') return goQuote(value)
  if (isArray(value)) return `[${value.map(formatValue).join(',')}]`
  if (!isObject(value)) return String(value)
  return `{${Object.entries(value)
    .map(([name, item]) => `${name}=${formatValue(item ?? null)}`)
    .join(';')}}`
}
