import { matchingPrefixes } from './glob.ts'

/** Characters to write, or steps of matching, for one operator. */
const WORK_LIMIT = 64 * 1024 * 1024

/** True for operators that give a value of their own where the variable is not set. */
export function providesDefault(operator: string): boolean {
  return operator === '=' || (operator.length === 2 && operator.startsWith(':'))
}

/**
 * What an operator makes of a value, as Flux's `envsubst` does: lengths and positions count bytes of UTF-8, every kind of default
 * works on the empty value as on a missing one, patterns of replacements are plain text, those of removals are globs. Throws a
 * `RangeError` where the work would be out of proportion.
 */
export function applyOperator(operator: string, value: string, args: readonly string[]): string {
  const [first = '', second] = args
  switch (operator) {
    case ',':
      return mapFirst(value, lower)
    case ',,':
      return mapAll(value, lower)
    case '^':
      return mapFirst(value, upper)
    case '^^':
      return mapAll(value, upper)
    case '#':
      return args.length === 0 ? String(Buffer.byteLength(value)) : removePrefix(value, first, 'shortest')
    case '##':
      return removePrefix(value, first, 'longest')
    case '%':
      return removeSuffix(value, first, 'shortest')
    case '%%':
      return removeSuffix(value, first, 'longest')
    case ':':
      return substring(value, first, second)
    case '/':
      return replaceFirst(value, first, second ?? '')
    case '//':
      return replaceAll(value, first, second ?? '')
    case '/#':
      return second !== undefined && value.startsWith(first) ? second + value.slice(first.length) : value
    case '/%':
      return second !== undefined && value.endsWith(first)
        ? value.slice(0, value.length - first.length) + second
        : value
    default:
      return value === '' ? args.join('') : value
  }
}

function substring(value: string, from: string, count: string | undefined): string {
  const position = integer(from)
  const length = count === undefined ? undefined : integer(count)
  if (position === undefined || (count !== undefined && length === undefined)) return value
  const bytes = Buffer.from(value)
  const start = position < 0 ? Math.max(0, bytes.length + position) : position
  if (length === undefined) return bytes.subarray(start).toString()
  const end = length < 0 ? bytes.length + length : start + length
  return end < start ? '' : bytes.subarray(start, end).toString()
}

/** What Go's `strconv.Atoi` reads; undefined for anything else. */
function integer(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = Number(text)
  return Math.abs(value) <= 2 ** 63 ? value : undefined
}

function removePrefix(value: string, pattern: string, which: 'shortest' | 'longest'): string {
  const chars = [...value]
  return chars.slice(cut(pattern, chars, which)).join('')
}

/** Value and pattern are both turned round, as the original does; so sets and escapes do not work from this end. */
function removeSuffix(value: string, pattern: string, which: 'shortest' | 'longest'): string {
  const chars = [...value].reverse()
  return chars
    .slice(cut([...pattern].reverse().join(''), chars, which))
    .reverse()
    .join('')
}

function cut(pattern: string, chars: readonly string[], which: 'shortest' | 'longest'): number {
  if (pattern.length * chars.length > WORK_LIMIT) throw new RangeError('a pattern and its value are too large')
  const lengths = matchingPrefixes(pattern, chars)
  return (which === 'shortest' ? lengths[0] : lengths.at(-1)) ?? 0
}

function replaceFirst(value: string, pattern: string, by: string): string {
  const at = value.indexOf(pattern)
  return at < 0 ? value : value.slice(0, at) + by + value.slice(at + pattern.length)
}

/** An empty pattern matches before each character and at the end. */
function replaceAll(value: string, pattern: string, by: string): string {
  const parts = pattern === '' ? ['', ...value, ''] : value.split(pattern)
  if (parts.length * by.length > WORK_LIMIT) throw new RangeError('a replacement is too large')
  return pattern === ''
    ? parts
        .slice(1, -1)
        .map(char => by + char)
        .join('') + by
    : parts.join(by)
}

function mapFirst(value: string, map: (char: string) => string): string {
  const first = String.fromCodePoint(value.codePointAt(0) ?? 0)
  return value === '' ? '' : map(first) + value.slice(first.length)
}

function mapAll(value: string, map: (char: string) => string): string {
  return [...value].map(map).join('')
}

/** Go maps each character to one character: what would become several (ß) stays. */
function one(char: string, mapped: string): string {
  return [...mapped].length === 1 ? mapped : char
}

const lower = (char: string) => one(char, char.toLowerCase())
const upper = (char: string) => one(char, char.toUpperCase())
