import { isArray, type JsonObject, type JsonValue } from '../json.ts'
import { writeDoubleQuoted, writeLiteral, writePlain, writeSingleQuoted } from './emit-scalar.ts'
import { createEmitter, type Emitter, increaseIndent, writeIndent, writeIndicator } from './emitter.ts'
import { resolvePlain } from './resolve.ts'
import { analyzeScalar } from './scalar-analysis.ts'

export interface ToYamlOptions {
  /**
   * `sorted` (default): as sigs.k8s.io/yaml prints a value (kubectl, flux, helm): keys in Go's natural order, lines folded
   * at 80 columns. `kept`: keys in the order of the value, lines not folded, as yaml.v3 prints.
   */
  readonly order?: 'sorted' | 'kept'
}

/** Writes a value as a YAML document of its own, ended by a line break. Members that are undefined are left out. */
export function toYaml(value: JsonValue, options: ToYamlOptions = {}): string {
  const sorted = options.order !== 'kept'
  const e = createEmitter(true, sorted ? 80 : Number.POSITIVE_INFINITY)
  writeValue(e, value, sorted, false, false)
  writeIndent(e)
  return inOnePiece(e.out)
}

/** The text as one string in memory: V8 keeps appended pieces apart, which makes joining such texts some hundred times as slow. */
function inOnePiece(text: string): string {
  text.charCodeAt(0)
  return text
}

function writeValue(e: Emitter, value: JsonValue, sorted: boolean, inMapping: boolean, inSequence: boolean): void {
  if (typeof value === 'object' && value !== null) {
    if (isArray(value)) writeArray(e, value, sorted, inMapping, inSequence)
    else writeObject(e, value as JsonObject, sorted, inSequence)
    return
  }
  const before = increaseIndent(e, true, inSequence, false)
  if (typeof value === 'string') writeText(e, value, sorted)
  else writePlain(e, typeof value === 'number' ? formatFloat64(value) : String(value), true)
  e.indent = before
}

function writeArray(
  e: Emitter,
  items: readonly JsonValue[],
  sorted: boolean,
  inMapping: boolean,
  inSequence: boolean,
): void {
  if (items.length === 0) {
    writeIndicator(e, '[]', true, false, false)
    return
  }
  const before = increaseIndent(e, false, inSequence, inMapping && !e.indention)
  for (const item of items) {
    writeIndent(e)
    writeIndicator(e, '-', true, false, true)
    writeValue(e, item, sorted, false, true)
  }
  e.indent = before
}

function writeObject(e: Emitter, object: JsonObject, sorted: boolean, inSequence: boolean): void {
  const keys = Object.keys(object).filter(key => object[key] !== undefined)
  if (keys.length === 0) {
    writeIndicator(e, '{}', true, false, false)
    return
  }
  if (sorted) keys.sort(compareKeys)
  const before = increaseIndent(e, false, inSequence, false)
  for (const key of keys) {
    writeIndent(e)
    writeKeyText(e, key, sorted)
    writeValue(e, object[key]!, sorted, true, false)
  }
  e.indent = before
}

function writeKeyText(e: Emitter, key: string, sorted: boolean): void {
  const { multiline, blockPlain, single } = analyzeScalar(key)
  if (!multiline && (key.length <= 42 || Buffer.byteLength(key) <= 128)) {
    const before = increaseIndent(e, true, false, false)
    // Go leaves this key bare, and then reads it back as a merge.
    if (key === '<<' || !isPlainText(key)) writeDoubleQuoted(e, key, false)
    else if (blockPlain && key !== '') writePlain(e, key, false)
    else if (single) writeSingleQuoted(e, key, false)
    else writeDoubleQuoted(e, key, false)
    e.indent = before
    writeIndicator(e, ':', false, false, false)
    return
  }
  writeIndicator(e, '?', true, false, true)
  const before = increaseIndent(e, true, false, false)
  writeText(e, key, sorted)
  e.indent = before
  writeIndent(e)
  writeIndicator(e, ':', true, false, true)
}

function writeText(e: Emitter, text: string, sorted: boolean): void {
  const { blockPlain, single, block } = analyzeScalar(text)
  if (text.includes('\n')) {
    // The older library has no tabs in block scalars; the newer one cannot read a block that begins with a tab.
    if (block && !(sorted ? text.includes('\t') : /^\s*\t/.test(text))) writeLiteral(e, text)
    else writeDoubleQuoted(e, text, true)
  } else if (!isPlainText(text)) writeDoubleQuoted(e, text, true)
  else if (blockPlain) writePlain(e, text, true)
  else if (single) writeSingleQuoted(e, text, true)
  else writeDoubleQuoted(e, text, true)
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** True for text that every YAML version reads as a string when it stands there without quotes. */
function isPlainText(text: string): boolean {
  return text === '<<' || (resolvePlain(text, 'kubectl').tag === '!!str' && !base60.test(text))
}

/** A number as Go prints it: integers of 64 bits in full, others with the shortest digits that give the same value. */
export function formatFloat64(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return String(BigInt(value))
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

const letter = /^\p{L}$/u
const isDigit = (char: string | undefined): boolean => char !== undefined && /^\p{Nd}$/u.test(char)

/** The order of map keys in Go's YAML libraries: letters behind other characters, runs of digits by their number. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  let same = 0
  while (same < a.length && same < b.length && a.charCodeAt(same) === b.charCodeAt(same)) same++
  if (same === a.length || same === b.length) return a.length - b.length
  const [x, y] = [a.charCodeAt(same), b.charCodeAt(same)]
  if (isAsciiLetter(x) && isAsciiLetter(y)) return x - y
  return compareRunes(Array.from(a), Array.from(b))
}

function isAsciiLetter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90)
}

function compareRunes(a: readonly string[], b: readonly string[]): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  const x = a[i]
  const y = b[i]
  if (x === undefined || y === undefined) return a.length - b.length
  const byCode = x.codePointAt(0)! - y.codePointAt(0)!
  const xLetter = letter.test(x)
  const yLetter = letter.test(y)
  if (xLetter && yLetter) return byCode
  if (xLetter || yLetter) return yLetter ? -1 : 1
  const [xNumber, xEnd] = numberAt(a, i, x === '0' || y === '0')
  const [yNumber, yEnd] = numberAt(b, i, x === '0' || y === '0')
  if (xNumber !== yNumber) return xNumber < yNumber ? -1 : 1
  return xEnd === yEnd ? byCode : xEnd - yEnd
}

/** The number that the digits from `from` on make, and where they end; zeros inside a number count as digits of it. */
function numberAt(text: readonly string[], from: number, zero: boolean): [bigint, number] {
  let value = 0n
  if (zero) {
    for (let j = from - 1; j >= 0 && isDigit(text[j]); j--) {
      if (text[j] !== '0') {
        value = 1n
        break
      }
    }
  }
  let end = from
  for (; isDigit(text[end]); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt(text[end]!.codePointAt(0)! - 48))
  }
  return [value, end]
}
