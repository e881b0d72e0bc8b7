import { parseTimestamp } from './timestamp.ts'

/**
 * Which Go library's rules turn a plain scalar into a value. `kubectl` is sigs.k8s.io/yaml (YAML 1.1 booleans, keys turned
 * into strings, the last of two equal keys wins); `kustomize` is yaml.v3 (only true and false, equal keys are an error).
 */
export type Dialect = 'kubectl' | 'kustomize'

const longPrefix = 'tag:yaml.org,2002:'

/** `!!str` for `tag:yaml.org,2002:str`; other tags stay as they are. */
export function shortTag(tag: string): string {
  return tag.startsWith(longPrefix) ? `!!${tag.slice(longPrefix.length)}` : tag
}

/** What a plain scalar is: its short tag, and its value where that is no string. */
export interface Resolved {
  readonly tag: string
  readonly value: null | boolean | number | bigint | string
}

const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const truths = new Map<string, boolean>([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])
const oldTruths = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word): [string, boolean] => [word, true]),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word): [string, boolean] => [word, false]),
])
const special = new Map<string, number>([
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, number] => [word, Infinity]),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, number] => [word, -Infinity]),
])

/** 1: digit or sign; 2: dot; 3: first letter of a word with a meaning, or `<`. Anything else starts a string. */
const hints = new Uint8Array(128)
for (const c of '0123456789+-') hints[c.charCodeAt(0)] = 1
hints[46] = 2
for (const c of 'yYnNtTfFoO~') hints[c.charCodeAt(0)] = 3

/** The tag that yaml.v3 gives a plain scalar. */
export function plainTag(text: string): string {
  if (text === '') return '!!null'
  if (text === '<<') return '!!merge'
  const c = text.charCodeAt(0)
  const hint = c > 127 ? 0 : hints[c]!
  return hint === 0 || (hint === 3 && text.length > 5) ? '!!str' : resolvePlain(text, 'kustomize').tag
}

/** Resolves a plain scalar without a tag. Integers beyond 2^53 are bigint; timestamps stay text with their tag. */
export function resolvePlain(text: string, dialect: Dialect): Resolved {
  if (text === '') return { tag: '!!null', value: null }
  const c = text.charCodeAt(0)
  const hint = c > 127 ? 0 : hints[c]!
  if (hint === 0) return { tag: text === '<<' ? '!!merge' : '!!str', value: text }
  if (hint === 3) {
    if (text.length > 5) return { tag: '!!str', value: text }
    if (nulls.has(text)) return { tag: '!!null', value: null }
    const truth = truths.get(text) ?? (dialect === 'kubectl' ? oldTruths.get(text) : undefined)
    return truth === undefined ? { tag: '!!str', value: text } : { tag: '!!bool', value: truth }
  }
  const float = text.length < 6 ? special.get(text) : undefined
  if (float !== undefined) return { tag: '!!float', value: float }
  if (hint === 1) {
    if (parseTimestamp(text) !== undefined) return { tag: '!!timestamp', value: text }
    const plain = text.includes('_') ? text.replaceAll('_', '') : text
    const integer = parseInteger(plain)
    if (integer !== undefined) return { tag: '!!int', value: integer }
    return parseFloatText(plain) ?? { tag: '!!str', value: text }
  }
  // Behind a leading dot, Go takes underscores only between digits.
  const plain = /\d_\d/.test(text) ? text.replaceAll(/(?<=\d)_(?=\d)/g, '') : text
  return parseFloatText(plain) ?? { tag: '!!str', value: text }
}

const floatText = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

function parseFloatText(text: string): Resolved | undefined {
  if (!floatText.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? { tag: '!!float', value } : undefined
}

const integerText = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/

/** An integer as Go's strconv with base 0 reads it: at most uint64 upwards, int64 downwards. */
function parseInteger(text: string): number | bigint | undefined {
  const match = integerText.exec(text)
  if (match === null) return undefined
  const [, sign, hex, binary, octal, decimal] = match
  const digits = decimal ?? (hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : `0o${octal}`)
  if (digits.length < 16) {
    const value = Number(digits)
    return sign === '-' && value !== 0 ? -value : value
  }
  // Nothing in range is written with more digits, but for leading zeros.
  if (digits.length > 400) return undefined
  const magnitude = BigInt(digits)
  if (magnitude > (sign === '-' ? 1n << 63n : (1n << 64n) - 1n)) return undefined
  // An explicit plus is no uint64 for Go.
  if (sign === '+' && magnitude >= 1n << 63n) return undefined
  const value = sign === '-' ? -magnitude : magnitude
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}
