import { compareText } from './compare-text.ts'
import { isArray, isObject, type JsonValue } from './json.ts'

/**
 * JSON as Go's encoder writes it: keys sorted by bytes, `<`, `>`, `&` and the two line separators escaped, no spaces. Field
 * sets hold such text in their keys and kustomize hashes it, so it has to be the same to the letter.
 */
export function goJson(value: JsonValue): string {
  if (typeof value === 'string') return goString(value)
  if (isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (!isObject(value)) return Object.is(value, -0) ? '-0' : String(value)
  const members = Object.keys(value).filter(key => value[key] !== undefined)
  return `{${members
    .sort(compareText)
    .map(key => `${goString(key)}:${goJson(value[key] ?? null)}`)
    .join(',')}}`
}

function goString(text: string): string {
  const json = JSON.stringify(text)
  return /[<>&\u2028\u2029]/.test(json) ? json.replace(/[<>&\u2028\u2029]/g, unicodeEscape) : json
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What Go puts for characters in a quoted string that have an escape of their own. */
export const GO_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

/** What Go's `unicode.IsPrint` holds for printable. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** A string as Go's `%q` prints it. */
export function goQuote(text: string): string {
  return `"${[...text].map(quoted).join('')}"`
}

function quoted(char: string): string {
  const escaped = GO_ESCAPES[char]
  if (escaped !== undefined) return escaped
  if (PRINTABLE.test(char)) return char
  const hex = (char.codePointAt(0) ?? 0).toString(16)
  if (char < '\u0080') return `\\x${hex.padStart(2, '0')}`
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`, `<nil>`. */
export function goPlain(value: JsonValue): string {
  if (value === null) return '<nil>'
  if (isArray(value)) return `[${value.map(goPlain).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.keys(value).sort()
  return `map[${entries.map(key => `${key}:${goPlain(value[key] ?? null)}`).join(' ')}]`
}

/** A value as Go's `%#v` prints it: `map[string]interface {}{"a":1}`. */
export function goSyntax(value: JsonValue): string {
  if (value === null) return 'interface {}(nil)'
  if (typeof value === 'string') return goQuote(value)
  if (isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return String(value)
  const entries = Object.keys(value).sort()
  return `map[string]interface {}{${entries.map(key => `${goQuote(key)}:${goSyntax(value[key] ?? null)}`).join(', ')}}`
}

/** The Go type that decoded JSON has (`%T`). */
export function goType(value: JsonValue): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64'
}
