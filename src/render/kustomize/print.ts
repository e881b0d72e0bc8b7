import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { formatFloatG } from './go-text.ts'
import { resolvePlain } from './yaml-scalar.ts'

/**
 * Prints values as `sigs.k8s.io/yaml` does, which is how kustomize and the Flux CLI write manifests: keys in yaml.v2's
 * order (digits count as numbers), lists not indented below their key, long plain and quoted text folded at 80 columns.
 */
export function printYaml(value: JsonValue): string {
  const printer: Printer = { out: [], column: 0, fresh: true }
  printNode(printer, value, 0, 'root')
  if (printer.column > 0) newLine(printer)
  return printer.out.join('')
}

const bestWidth = 80

interface Printer {
  readonly out: string[]
  column: number
  /** Nothing but indentation and indicators stand on the line so far. */
  fresh: boolean
}

type Place = 'root' | 'item' | 'value'

function write(printer: Printer, text: string): void {
  printer.out.push(text)
  printer.column += charCount(text)
}

function charCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0xd800 && code < 0xdc00) count--
  }
  return count
}

function newLine(printer: Printer): void {
  printer.out.push('\n')
  printer.column = 0
}

function startLine(printer: Printer, indent: number): void {
  if (printer.column > 0) newLine(printer)
  if (indent > 0) printer.out.push(' '.repeat(indent))
  printer.column = indent
}

function printNode(printer: Printer, value: JsonValue, indent: number, place: Place): void {
  if (Array.isArray(value)) printList(printer, value, indent, place)
  else if (isObject(value)) printMap(printer, value, indent, place)
  else {
    if (place !== 'root') write(printer, ' ')
    printScalar(printer, value, indent, false)
  }
}

function printList(printer: Printer, items: readonly JsonValue[], indent: number, place: Place): void {
  if (items.length === 0) {
    write(printer, place === 'root' ? '[]' : ' []')
    return
  }
  items.forEach((item, index) => {
    if (place === 'item' && index === 0) write(printer, ' -')
    else {
      startLine(printer, indent)
      write(printer, '-')
    }
    printNode(printer, item, indent + 2, 'item')
  })
}

function printMap(printer: Printer, map: JsonObject, indent: number, place: Place): void {
  const keys = Object.keys(map)
    .filter(key => map[key] !== undefined)
    .toSorted(compareKeys)
  if (keys.length === 0) {
    write(printer, place === 'root' ? '{}' : ' {}')
    return
  }
  keys.forEach((key, index) => {
    if (place === 'item' && index === 0) write(printer, ' ')
    else startLine(printer, indent)
    const value = map[key] as JsonValue
    if (isSimpleKey(key)) {
      printScalar(printer, key, indent, true)
      write(printer, ':')
    } else {
      write(printer, '? ')
      printScalar(printer, key, indent + 2, false)
      startLine(printer, indent)
      write(printer, ':')
    }
    if (Array.isArray(value) && value.length > 0) {
      value.forEach(item => {
        startLine(printer, indent)
        write(printer, '-')
        printNode(printer, item, indent + 2, 'item')
      })
    } else printNode(printer, value, indent + 2, 'value')
  })
}

function isSimpleKey(key: string): boolean {
  return Buffer.byteLength(key) <= 128 && !/[\n\r\u0085\u2028\u2029]/.test(key)
}

function printScalar(printer: Printer, value: JsonValue, indent: number, isKey: boolean): void {
  if (typeof value !== 'string') {
    write(printer, scalarText(value))
    return
  }
  printString(printer, value, indent, isKey)
}

/** Numbers, booleans and null as they go through JSON and yaml.v2. */
function scalarText(value: JsonValue): string {
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value)) {
    if (Object.is(value, -0)) return '-0'
    if (Math.abs(value) < 1e21) {
      const text = BigInt(String(value))
      if (text >= -(2n ** 63n) && text < 2n ** 64n) return String(value)
    }
  }
  return formatFloatG(value)
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

function printString(printer: Printer, text: string, indent: number, isKey: boolean): void {
  const traits = analyze(text)
  if (text.includes('\n')) {
    if (traits.blockAllowed && !isKey) printLiteral(printer, text, indent)
    else printDouble(printer, text, indent, !isKey)
    return
  }
  const canBePlain = resolvePlain(text, '1.1').tag === '!!str' && !(text.includes(':') && base60.test(text))
  if (!canBePlain || (traits.multiline && isKey)) printDouble(printer, text, indent, !isKey)
  else if (traits.plainAllowed && !(text === '' && isKey)) printPlain(printer, text, indent, !isKey)
  else if (traits.singleAllowed) printSingle(printer, text, indent, !isKey)
  else printDouble(printer, text, indent, !isKey)
}

interface Traits {
  readonly multiline: boolean
  readonly plainAllowed: boolean
  readonly singleAllowed: boolean
  readonly blockAllowed: boolean
}

/** Characters that may start a plain scalar and carry no meaning anywhere in it. */
const harmless = /^[A-Za-z0-9_/.$(][A-Za-z0-9_/.$()=;,@+*%-]*$/

const isBreak = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029

function isPrintable(code: number): boolean {
  if (code < 0x80) return code === 0x0a || (code >= 0x20 && code <= 0x7e)
  if (code < 0xa0) return false
  if (code > 0xffff) return false
  return code !== 0xfeff && code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code < 0xe000)
}

function analyze(text: string): Traits {
  if (harmless.test(text) && !text.startsWith('...'))
    return { multiline: false, plainAllowed: true, singleAllowed: true, blockAllowed: true }
  if (text === '') return { multiline: false, plainAllowed: true, singleAllowed: true, blockAllowed: false }
  let indicators = text.startsWith('---') || text.startsWith('...')
  let breaks = false
  let special = false
  let edge = false
  let trailingSpace = false
  let breakSpace = false
  let spaceBreak = false
  let previousSpace = false
  let previousBreak = false
  let afterBlank = true
  const codes = Array.from(text, char => char.codePointAt(0) ?? 0)
  for (const [i, code] of codes.entries()) {
    const next = codes[i + 1]
    const beforeBlank = next === undefined || next === 0x20 || next === 0x09
    if (i === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(String.fromCodePoint(code))) indicators = true
      else if ((code === 0x3f || code === 0x3a || code === 0x2d) && beforeBlank) indicators = true
    } else if (code === 0x3a && beforeBlank) indicators = true
    else if (code === 0x23 && afterBlank) indicators = true
    if (!isPrintable(code)) special = true
    if (code === 0x20) {
      if (i === 0) edge = true
      if (next === undefined) {
        edge = true
        trailingSpace = true
      }
      if (previousBreak) breakSpace = true
      previousSpace = true
      previousBreak = false
    } else if (isBreak(code)) {
      breaks = true
      if (i === 0 || next === undefined) edge = true
      if (previousSpace) spaceBreak = true
      previousSpace = false
      previousBreak = true
    } else {
      previousSpace = false
      previousBreak = false
    }
    afterBlank = code === 0x20 || code === 0x09 || isBreak(code) || code === 0
  }
  const unsafe = spaceBreak || special
  return {
    multiline: breaks,
    plainAllowed: !(edge || breakSpace || unsafe || breaks || indicators),
    singleAllowed: !(breakSpace || unsafe),
    blockAllowed: !(trailingSpace || unsafe),
  }
}

/** Writes words; a single space becomes a line break where the line is full. */
function printPlain(printer: Printer, text: string, indent: number, mayFold: boolean): void {
  printFolded(printer, text, indent, mayFold, false)
}

function printSingle(printer: Printer, text: string, indent: number, mayFold: boolean): void {
  write(printer, "'")
  printFolded(printer, text, indent, mayFold, true)
  write(printer, "'")
}

function printFolded(printer: Printer, text: string, indent: number, mayFold: boolean, quoted: boolean): void {
  if (!mayFold || !text.includes(' ') || printer.column + text.length <= bestWidth) {
    write(printer, quoted ? text.replaceAll("'", "''") : text)
    return
  }
  let start = 0
  let afterSpace = false
  const flush = (end: number): void => {
    const part = text.slice(start, end)
    write(printer, quoted ? part.replaceAll("'", "''") : part)
    start = end
  }
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ' ') {
      afterSpace = false
      continue
    }
    flush(i)
    const inside = !quoted || (i > 0 && i < text.length - 1)
    if (!afterSpace && inside && printer.column > bestWidth && text[i + 1] !== ' ') {
      startLine(printer, indent)
      start = i + 1
    }
    afterSpace = true
  }
  flush(text.length)
}

const shortEscapes: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
  133: '\\N',
  160: '\\_',
  8232: '\\L',
  8233: '\\P',
}

function printDouble(printer: Printer, text: string, indent: number, mayFold: boolean): void {
  write(printer, '"')
  const codes = Array.from(text, char => char.codePointAt(0) ?? 0)
  // The original looks for a byte order mark at the start of the text only, whatever character it is at.
  const escapesAll = codes[0] === 0xfeff
  let afterSpace = false
  for (const [i, code] of codes.entries()) {
    if (escapesAll || !isPrintable(code) || isBreak(code) || code === 0x22 || code === 0x5c) {
      write(printer, shortEscapes[code] ?? hexEscape(code))
      afterSpace = false
    } else if (code === 0x20) {
      if (mayFold && !afterSpace && printer.column > bestWidth && i > 0 && i < codes.length - 1) {
        startLine(printer, indent)
        if (codes[i + 1] === 0x20) write(printer, '\\')
      } else write(printer, ' ')
      afterSpace = true
    } else {
      write(printer, String.fromCodePoint(code))
      afterSpace = false
    }
  }
  write(printer, '"')
}

function hexEscape(code: number): string {
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function printLiteral(printer: Printer, text: string, indent: number): void {
  const first = text.charCodeAt(0)
  const hint = first === 0x20 || isBreak(first) ? '2' : ''
  const last = text.charCodeAt(text.length - 1)
  const chomp = !isBreak(last) ? '-' : text.length === 1 || isBreak(text.charCodeAt(text.length - 2)) ? '+' : ''
  write(printer, `|${hint}${chomp}`)
  newLine(printer)
  const pad = ' '.repeat(indent)
  let atBreak = true
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (!isBreak(text.charCodeAt(i))) {
      if (atBreak) {
        printer.out.push(pad)
        start = i
      }
      atBreak = false
      continue
    }
    if (!atBreak) printer.out.push(text.slice(start, i))
    printer.out.push(text[i] as string)
    atBreak = true
  }
  if (!atBreak) printer.out.push(text.slice(start))
  printer.column = atBreak ? 0 : indent + 1
}

const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u
const isLetter = (char: string): boolean =>
  char.length === 1 && char < '\u0080' ? /^[A-Za-z]$/.test(char) : letter.test(char)
const isAsciiLetter = (code: number): boolean => (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
const isDigit = (char: string | undefined): boolean => char !== undefined && digit.test(char)

/** Order of keys in yaml.v2: letters after everything else, runs of digits by their value. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  let i = 0
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (isAsciiLetter(a.charCodeAt(i)) && isAsciiLetter(b.charCodeAt(i))) return a.charCodeAt(i) - b.charCodeAt(i)
  return keyLess(Array.from(a), Array.from(b)) ? -1 : 1
}

function keyLess(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] as string
    const y = b[i] as string
    if (x === y) continue
    const letterX = isLetter(x)
    const letterY = isLetter(y)
    if (letterX && letterY) return x < y
    if (letterX || letterY) return letterY
    let numberX = 0n
    let numberY = 0n
    if (x === '0' || y === '0') {
      for (let j = i - 1; j >= 0 && isDigit(a[j]); j--) {
        if (a[j] !== '0') {
          numberX = 1n
          numberY = 1n
          break
        }
      }
    }
    let endX = i
    let endY = i
    for (; isDigit(a[endX]); endX++) numberX = int64(numberX * 10n + digitValue(a[endX] as string))
    for (; isDigit(b[endY]); endY++) numberY = int64(numberY * 10n + digitValue(b[endY] as string))
    if (numberX !== numberY) return numberX < numberY
    if (endX !== endY) return endX < endY
    return (x.codePointAt(0) ?? 0) < (y.codePointAt(0) ?? 0)
  }
  return a.length < b.length
}

const int64 = (value: bigint): bigint => BigInt.asIntN(64, value)
const digitValue = (char: string): bigint => BigInt((char.codePointAt(0) ?? 0) - 0x30)
