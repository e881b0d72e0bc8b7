import type { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { GO_ESCAPES } from '../manifest/go-text.ts'
import { formatText } from './format.ts'

/** No text that an expression builds may get longer than this many UTF-16 units. */
const MAX_TEXT = 10 * 1024 * 1024
const MAX_PATTERN = 10_000

/** Methods whose built-in form differs from CEL's (code points instead of UTF-16 units, RE2 syntax): name to our name. */
export const renamedMethods: ReadonlyMap<string, string> = new Map([
  ['matches', 're2Matches'],
  ['lowerAscii', 'asciiLower'],
  ['upperAscii', 'asciiUpper'],
  ['indexOf', 'pointIndexOf'],
  ['lastIndexOf', 'pointLastIndexOf'],
  ['substring', 'pointSubstring'],
  ['split', 'pointSplit'],
])

/** cel-go's strings extension, where the evaluator lacks a function or gives other answers. */
export function registerStrings(environment: Environment): void {
  environment
    .registerFunction('string.re2Matches(string): bool', matches)
    .registerFunction('matches(string, string): bool', matches)
    .registerFunction('string.asciiLower(): string', (text: string) => mapAscii(text, /[A-Z]+/g, 'toLowerCase'))
    .registerFunction('string.asciiUpper(): string', (text: string) => mapAscii(text, /[a-z]+/g, 'toUpperCase'))
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replace(text, from, to, -1n),
    )
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.format(list): string', (text: string, args: readonly unknown[]) =>
      bounded(formatText(text, args)),
    )
    .registerFunction('string.pointIndexOf(string): int', (text: string, part: string) => indexOf(text, part, 0n))
    .registerFunction('string.pointIndexOf(string, int): int', indexOf)
    .registerFunction('string.pointLastIndexOf(string): int', (text: string, part: string) => lastIndexOf(text, part))
    .registerFunction('string.pointLastIndexOf(string, int): int', lastIndexOf)
    .registerFunction('string.pointSubstring(int): string', (text: string, start: bigint) => substring(text, start))
    .registerFunction('string.pointSubstring(int, int): string', substring)
    .registerFunction('string.pointSplit(string): list<string>', (text: string, by: string) => split(text, by, -1n))
    .registerFunction('string.pointSplit(string, int): list<string>', split)
  environment.registerType('StringsNamespace', StringsNamespace)
  environment.registerConstant('strings', 'StringsNamespace', new StringsNamespace())
  environment.registerFunction('StringsNamespace.quote(string): string', (_: unknown, text: string) => quote(text))
}

class StringsNamespace {}

/** RE2 never takes more than linear time, so no pattern and no text can stall the process. */
function matches(text: string, pattern: string): boolean {
  if (pattern.length > MAX_PATTERN) throw new Error('regular expression too long')
  return RE2JS.compile(pattern).matcher(text).find()
}

function mapAscii(text: string, letters: RegExp, to: 'toLowerCase' | 'toUpperCase'): string {
  return text.replace(letters, run => run[to]())
}

function charAt(text: string, index: bigint): string {
  const points = [...text]
  if (index < 0n || index > points.length) throw new Error(`index out of range: ${index}`)
  return points[Number(index)] ?? ''
}

function replace(text: string, from: string, to: string, limit: bigint): string {
  let left = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)
  if (from === '') {
    const points = [...text, '']
    return bounded(points.map(point => (left-- > 0 ? to + point : point)).join(''))
  }
  const parts = text.split(from)
  if (text.length + (parts.length - 1) * to.length > MAX_TEXT + text.length) throw new Error('text too long')
  return bounded(parts.reduce((result, part) => result + (left-- > 0 ? to : from) + part))
}

function indexOf(text: string, part: string, from: bigint): bigint {
  const points = [...text]
  if (from < 0n) throw new Error(`index out of range: ${from}`)
  if (from > points.length) return part === '' ? BigInt(points.length) : -1n
  const skipped = points.slice(0, Number(from)).join('').length
  const found = text.indexOf(part, skipped)
  return found < 0 ? -1n : BigInt([...text.slice(0, found)].length)
}

function lastIndexOf(text: string, part: string, before?: bigint): bigint {
  const points = [...text]
  if (before !== undefined && before < 0n) throw new Error(`index out of range: ${before}`)
  if (before !== undefined && before > points.length) return part === '' ? BigInt(points.length) : -1n
  const limit = before === undefined ? text.length : points.slice(0, Number(before)).join('').length
  const found = text.lastIndexOf(part, limit)
  return found < 0 ? -1n : BigInt([...text.slice(0, found)].length)
}

function substring(text: string, start: bigint, end?: bigint): string {
  const points = [...text]
  const stop = end ?? BigInt(points.length)
  if (start < 0n || start > points.length || stop > points.length || start > stop)
    throw new Error(`index out of range: ${start < 0n || start > points.length ? start : stop}`)
  return points.slice(Number(start), Number(stop)).join('')
}

function split(text: string, by: string, limit: bigint): string[] {
  if (limit === 0n) return []
  const parts = by === '' ? [...text] : text.split(by)
  if (limit < 0n || parts.length <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(by)]
}

function quote(text: string): string {
  return `"${[...text.toWellFormed()].map(point => GO_ESCAPES[point] ?? point).join('')}"`
}

function bounded(text: string): string {
  if (text.length > MAX_TEXT) throw new Error('text too long')
  return text
}
