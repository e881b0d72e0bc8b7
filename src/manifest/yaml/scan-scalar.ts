import { hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isHighSurrogate } from './characters.ts'
import { scanLineComment } from './scan-comment.ts'
import { atDocumentIndicator, markOf, type Scanner, skipBreak } from './scanner-state.ts'
import { type Mark, scannerError } from './syntax-error.ts'

/** 1: may end a plain scalar anywhere; 2: ends it in flow collections. */
const plainEnds = new Uint8Array(128)
for (const c of '\0\t\n\r :') plainEnds[c.charCodeAt(0)] = 1
for (const c of ',?[]{}') plainEnds[c.charCodeAt(0)] = 2

/** Reads a plain scalar; lines are folded. A following line belongs to it when it is indented more than the collection. */
export function scanPlain(s: Scanner, start: Mark): string {
  const { text } = s
  const flow = s.flowLevel > 0
  const indent = s.indent + 1
  let value = ''
  let from = s.pos
  let end = s.pos
  let joint = ''
  let broken = false
  for (;;) {
    if (s.pos === s.lineStart && atDocumentIndicator(s, s.pos)) break
    let pos = s.pos
    let c = text.charCodeAt(pos)
    if (c === 35) break
    for (; ; c = text.charCodeAt(++pos)) {
      if (c < 128) {
        const kind = plainEnds[c]!
        if (kind === 0) continue
        if (kind === 2 ? flow : c !== 58 || isBlankOrEnd(text.charCodeAt(pos + 1))) break
      } else if (isBreak(c)) break
      else if (isHighSurrogate(c)) s.lineStart++
    }
    if (pos > s.pos) {
      if (broken) {
        value += text.slice(from, end) + joint
        from = s.pos
        broken = false
      }
      s.pos = pos
      s.newlines = 0
      end = pos
    }
    if (!isBlank(c) && !isBreak(c)) break
    const fold = skipFold(s, indent, start)
    if (fold !== '') {
      joint = fold
      broken = true
    }
    if (!flow && s.pos - s.lineStart < indent) break
  }
  if (broken) s.simpleKeyAllowed = true
  return value === '' ? text.slice(from, end) : value + text.slice(from, end)
}

/**
 * Passes blanks and line breaks inside a plain scalar. Gives the text that the breaks stand for (one is a space, more are
 * one less), the empty string where there are only blanks.
 */
function skipFold(s: Scanner, indent: number, start: Mark): string {
  const { text } = s
  let first = ''
  let rest = ''
  for (;;) {
    const c = text.charCodeAt(s.pos)
    if (isBlank(c)) {
      if (c === 9 && first !== '' && s.pos - s.lineStart < indent) {
        throw scannerError('found a tab character that violates indentation', start, markOf(s), markOf(s))
      }
      s.pos++
    } else if (isBreak(c)) {
      const line = c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n'
      if (first === '') first = line
      else rest += line
      skipBreak(s)
    } else break
  }
  return first === '\n' ? (rest === '' ? ' ' : rest) : first + rest
}

/** Reads a scalar in single (39) or double (34) quotes; lines are folded, their indentation does not matter. */
export function scanQuoted(s: Scanner, quote: number, start: Mark): string {
  const { text } = s
  let value = ''
  s.pos++
  s.newlines = 0
  for (;;) {
    if (s.pos === s.lineStart && atDocumentIndicator(s, s.pos)) {
      throw scannerError('found unexpected document indicator', start, markOf(s))
    }
    if (text.charCodeAt(s.pos) === 0) throw scannerError('found unexpected end of stream', start, markOf(s))
    let from = s.pos
    let pos = s.pos
    let escapedBreak = false
    let c = text.charCodeAt(pos)
    for (; !isBlankOrEnd(c); c = text.charCodeAt(pos)) {
      if (c === quote) {
        if (quote === 34 || text.charCodeAt(pos + 1) !== 39) break
        value += text.slice(from, pos + 1)
        pos += 2
        from = pos
      } else if (c === 92 && quote === 34) {
        value += text.slice(from, pos)
        s.pos = pos
        if (isBreak(text.charCodeAt(pos + 1))) {
          s.pos++
          skipBreak(s)
          from = s.pos
          pos = s.pos
          escapedBreak = true
          break
        }
        value += scanEscape(s, start)
        pos = s.pos
        from = pos
      } else {
        if (c >= 0xd800 && isHighSurrogate(c)) s.lineStart++
        pos++
      }
    }
    if (pos > s.pos) s.newlines = 0
    s.pos = pos
    c = text.charCodeAt(pos)
    if (c === quote) {
      value += text.slice(from, pos)
      s.pos++
      s.newlines = 0
      return value
    }
    value += text.slice(from, pos) + skipQuotedFold(s, escapedBreak)
  }
}

/** Passes blanks and breaks in a quoted scalar and gives the text they stand for. */
function skipQuotedFold(s: Scanner, escapedBreak: boolean): string {
  const { text } = s
  const from = s.pos
  let first = ''
  let rest = ''
  for (;;) {
    const c = text.charCodeAt(s.pos)
    if (isBlank(c)) s.pos++
    else if (isBreak(c)) {
      const line = c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n'
      if (first === '' && !escapedBreak) first = line
      else rest += line
      skipBreak(s)
    } else break
  }
  if (escapedBreak) return rest
  if (first === '') return text.slice(from, s.pos)
  return first === '\n' ? (rest === '' ? ' ' : rest) : first + rest
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}

function scanEscape(s: Scanner, start: Mark): string {
  const { text } = s
  const letter = text.charAt(s.pos + 1)
  const length = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0
  if (length === 0) {
    const value = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
    if (value === undefined) throw scannerError('found unknown escape character', start, markOf(s), markOf(s))
    s.pos += 2
    return value
  }
  let code = 0
  const at = markOf(s)
  for (let i = 0; i < length; i++) {
    const digit = hexValue(text.charCodeAt(s.pos + 2 + i))
    if (digit < 0) throw scannerError('did not find expected hexdecimal number', start, at, at)
    code = code * 16 + digit
  }
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw scannerError('found invalid Unicode character escape code', start, at, at)
  }
  s.pos += 2 + length
  return String.fromCodePoint(code)
}

/** Reads a literal or folded block scalar. Lines keep what stands deeper than the first line. */
export function scanBlockScalar(s: Scanner, literal: boolean, start: Mark): string {
  const { text } = s
  const { chomp, increment } = scanHeader(s, start)
  const indent = { column: increment > 0 ? Math.max(s.indent, 0) + increment : 0 }
  let value = ''
  let leadingBreak = ''
  let trailing = scanBreaks(s, indent, start)
  let leadingBlank = false
  let c = text.charCodeAt(s.pos)
  while (s.pos - s.lineStart === indent.column && c !== 0) {
    const blank = isBlank(c)
    if (!literal && leadingBreak === '\n' && !leadingBlank && !blank) {
      if (trailing === '') value += ' '
    } else value += leadingBreak
    value += trailing
    leadingBlank = blank
    const from = s.pos
    let pos = from
    while (isBlank(text.charCodeAt(pos))) pos++
    if (!isBreakOrEnd(text.charCodeAt(pos))) s.newlines = 0
    c = text.charCodeAt(pos)
    while (!isBreakOrEnd(c)) c = text.charCodeAt(++pos)
    value += text.slice(from, pos)
    s.pos = pos
    leadingBreak = takeBreak(s, c)
    trailing = scanBreaks(s, indent, start)
    c = text.charCodeAt(s.pos)
  }
  if (chomp !== '-') value += leadingBreak
  return chomp === '+' ? value + trailing : value
}

function takeBreak(s: Scanner, c: number): string {
  if (!isBreak(c)) return ''
  skipBreak(s)
  return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n'
}

function scanHeader(s: Scanner, start: Mark): { chomp: string; increment: number } {
  const { text } = s
  let chomp = ''
  let increment = 0
  s.pos++
  s.newlines = 0
  for (let i = 0; i < 2; i++) {
    const c = text.charCodeAt(s.pos)
    if ((c === 43 || c === 45) && chomp === '') chomp = text.charAt(s.pos)
    else if (isDigit(c) && increment === 0) {
      if (c === 48) throw scannerError('found an indentation indicator equal to 0', start, markOf(s))
      increment = c - 48
    } else break
    s.pos++
  }
  while (isBlank(text.charCodeAt(s.pos))) s.pos++
  if (text.charCodeAt(s.pos) === 35) scanLineComment(s, start.pos)
  if (!isBreakOrEnd(text.charCodeAt(s.pos))) {
    throw scannerError('did not find expected comment or line break', start, markOf(s), markOf(s))
  }
  takeBreak(s, text.charCodeAt(s.pos))
  return { chomp, increment }
}

/** Passes indentation and empty lines before a line of a block scalar; finds the indentation if it is not known yet. */
function scanBreaks(s: Scanner, indent: { column: number }, start: Mark): string {
  const { text } = s
  let breaks = ''
  let deepest = 0
  for (;;) {
    let c = text.charCodeAt(s.pos)
    while (c === 32 && (indent.column === 0 || s.pos - s.lineStart < indent.column)) c = text.charCodeAt(++s.pos)
    const column = s.pos - s.lineStart
    if (column > deepest) deepest = column
    if (c === 9 && (indent.column === 0 || column < indent.column)) {
      throw scannerError('found a tab character where an indentation space is expected', start, markOf(s), markOf(s))
    }
    if (!isBreak(c)) break
    breaks += takeBreak(s, c)
  }
  if (indent.column === 0) indent.column = Math.max(deepest, s.indent + 1, 1)
  return breaks
}
