import { hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isWord } from './characters.ts'
import { markOf, type Scanner, skipBreak } from './scanner-state.ts'
import { type Mark, scannerError } from './syntax-error.ts'

/** Reads the name behind `&` or `*`. */
export function scanAnchor(s: Scanner, start: Mark): string {
  s.pos++
  const name = scanWord(s)
  const c = s.text.charCodeAt(s.pos)
  if (name === '' || !(isBlankOrEnd(c) || '?:,]}%@`'.includes(s.text.charAt(s.pos)))) {
    throw scannerError('did not find expected alphabetic or numeric character', start, markOf(s), markOf(s))
  }
  s.newlines = 0
  return name
}

function scanWord(s: Scanner): string {
  const from = s.pos
  while (isWord(s.text.charCodeAt(s.pos))) s.pos++
  return s.text.slice(from, s.pos)
}

/** Reads `!<uri>`, `!suffix`, `!handle!suffix` or `!`. */
export function scanTag(s: Scanner, start: Mark): { handle: string; suffix: string } {
  const { text } = s
  let handle = ''
  let suffix = ''
  s.newlines = 0
  if (text.charCodeAt(s.pos + 1) === 60) {
    s.pos += 2
    suffix = scanUri(s, '', start)
    if (text.charCodeAt(s.pos) !== 62) throw scannerError("did not find the expected '>'", start, markOf(s), markOf(s))
    s.pos++
  } else {
    handle = scanHandle(s, false, start)
    if (handle.length > 1 && handle.endsWith('!')) {
      suffix = scanUri(s, '', start)
    } else {
      suffix = scanUri(s, handle, start)
      handle = '!'
      if (suffix === '') {
        handle = ''
        suffix = '!'
      }
    }
  }
  if (!isBlankOrEnd(text.charCodeAt(s.pos))) {
    throw scannerError('did not find expected whitespace or line break', start, markOf(s), markOf(s))
  }
  return { handle, suffix }
}

function scanHandle(s: Scanner, directive: boolean, start: Mark): string {
  const { text } = s
  if (text.charCodeAt(s.pos) !== 33) throw scannerError("did not find expected '!'", start, markOf(s), markOf(s))
  s.pos++
  const handle = `!${scanWord(s)}`
  if (text.charCodeAt(s.pos) === 33) {
    s.pos++
    return `${handle}!`
  }
  if (directive && handle !== '!') throw scannerError("did not find expected '!'", start, markOf(s), markOf(s))
  return handle
}

/** Reads the rest of a tag; `head` is what was taken for a handle and is part of it, without its `!`. */
function scanUri(s: Scanner, head: string, start: Mark): string {
  const { text } = s
  let uri = head.slice(1)
  let found = head !== ''
  for (;;) {
    const c = text.charCodeAt(s.pos)
    if (c === 37) uri += scanUriEscape(s, start)
    else if (isWord(c) || (c !== 0 && ";/?:@&=+$,.!~*'()[]".includes(text.charAt(s.pos)))) {
      uri += text.charAt(s.pos)
      s.pos++
    } else break
    found = true
  }
  if (!found) throw scannerError('did not find expected tag URI', start, markOf(s), markOf(s))
  return uri
}

/** Reads `%xx` octets that together are one UTF-8 character. */
function scanUriEscape(s: Scanner, start: Mark): string {
  const octets: number[] = []
  let width = 1
  while (octets.length < width) {
    const high = s.text.charCodeAt(s.pos) === 37 ? hexValue(s.text.charCodeAt(s.pos + 1)) : -1
    const low = high < 0 ? -1 : hexValue(s.text.charCodeAt(s.pos + 2))
    if (low < 0) throw scannerError('did not find URI escaped octet', start, markOf(s), markOf(s))
    const octet = high * 16 + low
    if (octets.length === 0) {
      width = octet < 0x80 ? 1 : octet >> 5 === 6 ? 2 : octet >> 4 === 14 ? 3 : octet >> 3 === 30 ? 4 : 0
      if (width === 0) throw scannerError('found an incorrect leading UTF-8 octet', start, markOf(s), markOf(s))
    } else if (octet >> 6 !== 2) {
      throw scannerError('found an incorrect trailing UTF-8 octet', start, markOf(s), markOf(s))
    }
    octets.push(octet)
    s.pos += 3
  }
  return new TextDecoder().decode(Uint8Array.from(octets))
}

/** What a `%YAML` or `%TAG` line says. Of a version, `value` is the major and `suffix` the minor number. */
interface Directive {
  readonly type: 'version-directive' | 'tag-directive'
  readonly value: string
  readonly suffix: string
}

/** Reads a whole directive line with its line break. */
export function scanDirective(s: Scanner, start: Mark): Directive {
  const { text } = s
  const fail = (problem: string) => scannerError(problem, start, markOf(s), markOf(s))
  s.pos++
  s.newlines = 0
  const name = scanWord(s)
  if (name === '') throw fail('could not find expected directive name')
  if (!isBlankOrEnd(text.charCodeAt(s.pos))) throw fail('found unexpected non-alphabetical character')
  let directive: Directive
  if (name === 'YAML') {
    skipBlanks(s)
    const value = scanVersionNumber(s, fail)
    if (text.charCodeAt(s.pos) !== 46) throw fail("did not find expected digit or '.' character")
    s.pos++
    directive = { type: 'version-directive', value, suffix: scanVersionNumber(s, fail) }
  } else if (name === 'TAG') {
    skipBlanks(s)
    const value = scanHandle(s, true, start)
    if (!isBlank(text.charCodeAt(s.pos))) throw fail('did not find expected whitespace')
    skipBlanks(s)
    const suffix = scanUri(s, '', start)
    if (!isBlankOrEnd(text.charCodeAt(s.pos))) throw fail('did not find expected whitespace or line break')
    directive = { type: 'tag-directive', value, suffix }
  } else throw fail('found unknown directive name')
  skipBlanks(s)
  if (text.charCodeAt(s.pos) === 35) while (!isBreakOrEnd(text.charCodeAt(s.pos))) s.pos++
  const c = text.charCodeAt(s.pos)
  if (!isBreakOrEnd(c)) throw fail('did not find expected comment or line break')
  if (isBreak(c)) skipBreak(s)
  return directive
}

function skipBlanks(s: Scanner): void {
  while (isBlank(s.text.charCodeAt(s.pos))) s.pos++
}

function scanVersionNumber(s: Scanner, fail: (problem: string) => Error): string {
  const from = s.pos
  while (isDigit(s.text.charCodeAt(s.pos))) {
    s.pos++
    if (s.pos - from > 2) throw fail('found extremely long version number')
  }
  if (s.pos === from) throw fail('did not find expected version number')
  return String(Number(s.text.slice(from, s.pos)))
}
