import { isBlankOrEnd, isBreak } from './characters.ts'
import { type Emitter, putBreak, writeComment, writeIndent, writeIndicator } from './emitter.ts'
import { isPrintable } from './scalar-analysis.ts'

/** Writes a plain scalar; without line breaks in it, it is one piece. `fold` allows breaks at spaces beyond the width. */
export function writePlain(e: Emitter, value: string, fold: boolean): void {
  if (value !== '') {
    if (!e.whitespace) e.out += ' '
    if (!e.whitespace) e.column++
    if (fold && e.column + value.length > e.width) writeFolding(e, value, false)
    else {
      e.out += value
      e.column += value.length
    }
    e.whitespace = false
  }
  e.indention = false
}

/** Writes text with a break at each single space that lies beyond the width; quotes are doubled in single-quoted text. */
function writeFolding(e: Emitter, value: string, quoted: boolean): void {
  let spaces = false
  let breaks = false
  const last = value.length - 1
  for (let i = 0; i <= last; i++) {
    const c = value.charCodeAt(i)
    if (c === 32) {
      const inside = !quoted || (i > 0 && i < last)
      if (!spaces && e.column > e.width && inside && value.charCodeAt(i + 1) !== 32) writeIndent(e)
      else {
        e.out += ' '
        e.column++
      }
      spaces = true
    } else if (isBreak(c)) {
      if (!breaks && c === 10) putBreak(e)
      writeBreak(e, value.charAt(i))
      breaks = true
    } else {
      if (breaks) writeIndent(e)
      e.out += quoted && c === 39 ? "''" : value.charAt(i)
      e.column += quoted && c === 39 ? 2 : 1
      e.indention = false
      spaces = false
      breaks = false
    }
  }
}

/** A line feed ends the line; other break characters are written as they are. */
function writeBreak(e: Emitter, text: string): void {
  if (text === '\n') putBreak(e)
  else {
    e.out += text
    e.column = 0
    e.indention = true
  }
}

export function writeSingleQuoted(e: Emitter, value: string, fold: boolean): void {
  writeIndicator(e, "'", true, false, false)
  if ((fold && e.column + value.length > e.width) || hasBreak(value)) writeFolding(e, value, true)
  else {
    const text = value.replaceAll("'", "''")
    e.out += text
    e.column += text.length
  }
  writeIndicator(e, "'", false, false, false)
  e.whitespace = false
  e.indention = false
}

function hasBreak(value: string): boolean {
  return /[\n\r\x85\u2028\u2029]/.test(value)
}

const shortEscapes: Readonly<Record<number, string>> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
}

export function writeDoubleQuoted(e: Emitter, value: string, fold: boolean): void {
  writeIndicator(e, '"', true, false, false)
  // libyaml looks for a byte order mark at the start of the text only, and then escapes all of it.
  const marked = value.charCodeAt(0) === 0xfeff
  const last = value.length - 1
  let spaces = false
  let from = 0
  for (let i = 0; i <= last; i++) {
    const c = value.charCodeAt(i)
    if (marked || c === 34 || c === 92 || !isPrintable(c) || isBreak(c)) {
      flush(e, value, from, i)
      const code = value.codePointAt(i)!
      if (code > 0xffff) i++
      const text = escapeSequence(code)
      e.out += text
      e.column += text.length
      from = i + 1
      spaces = false
    } else if (c === 32) {
      if (fold && !spaces && e.column + i - from > e.width && i > 0 && i < last) {
        flush(e, value, from, i)
        writeIndent(e)
        if (value.charCodeAt(i + 1) === 32) {
          e.out += '\\'
          e.column++
        }
        from = i + 1
      }
      spaces = true
    } else spaces = false
  }
  flush(e, value, from, value.length)
  writeIndicator(e, '"', false, false, false)
  e.whitespace = false
  e.indention = false
}

function flush(e: Emitter, value: string, from: number, to: number): void {
  if (to <= from) return
  e.out += value.slice(from, to)
  e.column += to - from
}

function escapeSequence(code: number): string {
  const short = shortEscapes[code]
  if (short !== undefined) return `\\${short}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** The indentation and chomping indicators behind `|` or `>`, and the comment or break that ends the line. */
function writeBlockHeader(e: Emitter, indicator: string, value: string): void {
  writeIndicator(e, indicator, true, false, false)
  const first = value.charCodeAt(0)
  if (first === 32 || isBreak(first)) writeIndicator(e, String(e.bestIndent), false, false, false)
  const last = value.length - 1
  if (!isBreak(value.charCodeAt(last))) writeIndicator(e, '-', false, false, false)
  else if (last === 0 || isBreak(value.charCodeAt(last - 1))) writeIndicator(e, '+', false, false, false)
  if (e.line === '') putBreak(e)
  else {
    if (!e.whitespace) {
      e.out += ' '
      e.column++
    }
    writeComment(e, e.line)
    e.line = ''
  }
  e.whitespace = true
}

export function writeLiteral(e: Emitter, value: string): void {
  writeBlockHeader(e, '|', value)
  let from = 0
  for (let i = 0; i <= value.length; i++) {
    const atEnd = i === value.length
    if (!atEnd && !isBreak(value.charCodeAt(i))) continue
    if (i > from) {
      writeIndent(e)
      flush(e, value, from, i)
      e.indention = false
    }
    if (!atEnd) writeBreak(e, value.charAt(i))
    from = i + 1
  }
}

export function writeFolded(e: Emitter, value: string): void {
  writeBlockHeader(e, '>', value)
  let breaks = true
  let leadingSpaces = true
  let k = 0
  while (isBreak(value.charCodeAt(k))) k++
  const blankStart = k >= value.length || isBlankOrEnd(value.charCodeAt(k))
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (isBreak(c)) {
      if (!breaks && !leadingSpaces && c === 10 && !blankStart) putBreak(e)
      writeBreak(e, value.charAt(i))
      breaks = true
      continue
    }
    if (breaks) {
      writeIndent(e)
      leadingSpaces = c === 32 || c === 9
    }
    if (!breaks && c === 32 && value.charCodeAt(i + 1) !== 32 && e.column > e.width) writeIndent(e)
    else {
      e.out += value.charAt(i)
      e.column++
    }
    e.indention = false
    breaks = false
  }
}
