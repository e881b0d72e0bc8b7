import { rollIndent, tooDeep, unrollIndent } from './block-indent.ts'
import { isBlankOrEnd, isBreak } from './characters.ts'
import { scanComments, scanLineComment } from './scan-comment.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-property.ts'
import { scanBlockScalar, scanPlain, scanQuoted } from './scan-scalar.ts'
import {
  append,
  atDocumentIndicator,
  createToken,
  insert,
  markOf,
  type Scanner,
  skipBreak,
  take,
} from './scanner-state.ts'
import { isValidKey, removeSimpleKey, saveSimpleKey } from './simple-key.ts'
import { scannerError } from './syntax-error.ts'
import type { Token, TokenType } from './token.ts'

/** The next token, without taking it. Reads ahead far enough that comments behind it are known. */
export function peekToken(s: Scanner): Token {
  for (;;) {
    const waiting = s.tokens.length - s.head
    if (waiting > 2 || (waiting > 0 && s.tokens[s.tokens.length - 1]!.type === 'stream-end')) {
      const { keyLevel } = s.tokens[s.head]!
      if (keyLevel < 0) break
      const key = s.simpleKeys[keyLevel]
      if (key === undefined || !key.possible || key.token !== s.parsed || !isValidKey(s, key)) break
    }
    fetchToken(s)
  }
  return s.tokens[s.head]!
}

/** Takes the token that `peekToken` gave. */
export function skipToken(s: Scanner): void {
  s.parsed++
  s.head++
  if (s.head >= 1024) {
    // Two old tokens stay for the comment rules.
    s.tokens.splice(0, s.head - 2)
    s.head = 2
  }
}

function fetchToken(s: Scanner): void {
  const { line, lineStart, pos: scanPos } = s
  scanToNextToken(s, scanPos, line)
  const { text, pos } = s
  const column = pos - s.lineStart
  if (s.indent > column) unrollIndent(s, column, { pos: scanPos, line, column: scanPos - lineStart })
  const c = text.charCodeAt(pos)
  if (c === 0) {
    fetchStreamEnd(s)
    return
  }
  if (column === 0) {
    if (c === 37) {
      fetchDirective(s)
      return
    }
    if ((c === 45 || c === 46) && atDocumentIndicator(s, pos)) {
      fetchDocumentIndicator(s, c === 45)
      return
    }
  }
  const last = s.tokens[s.tokens.length - 1]
  const commentPos = last !== undefined && (s.flowLevel === 0 ? c === 58 : c === 44) ? last.pos : pos
  fetchContent(s, c)
  if (s.newlines === 0 && s.tokens[s.tokens.length - 1]!.type !== 'block-entry') scanLineComment(s, commentPos)
}

function fetchContent(s: Scanner, c: number): void {
  const next = s.text.charCodeAt(s.pos + 1)
  switch (c) {
    case 91:
      fetchFlowStart(s, 'flow-sequence-start')
      return
    case 123:
      fetchFlowStart(s, 'flow-mapping-start')
      return
    case 93:
      fetchFlowEnd(s, 'flow-sequence-end')
      return
    case 125:
      fetchFlowEnd(s, 'flow-mapping-end')
      return
    case 44:
      fetchIndicator(s, 'flow-entry', true)
      return
    case 45:
      if (isBlankOrEnd(next)) {
        fetchBlockEntry(s)
        return
      }
      fetchScalar(s)
      return
    case 63:
      if (s.flowLevel > 0 || isBlankOrEnd(next)) {
        fetchKey(s)
        return
      }
      fetchScalar(s)
      return
    case 58:
      if (s.flowLevel > 0 || isBlankOrEnd(next)) {
        fetchValue(s)
        return
      }
      fetchScalar(s)
      return
    case 42:
      fetchAnchor(s, 'alias')
      return
    case 38:
      fetchAnchor(s, 'anchor')
      return
    case 33:
      fetchTag(s)
      return
    case 124:
    case 62:
      if (s.flowLevel === 0) {
        fetchBlockScalar(s, c === 124)
        return
      }
      break
    case 39:
    case 34:
      fetchQuoted(s, c)
      return
    case 9:
    case 35:
    case 37:
    case 64:
    case 96:
      break
    default:
      if (!isBlankOrEnd(c)) {
        fetchScalar(s)
        return
      }
  }
  const mark = markOf(s)
  throw scannerError('found character that cannot start any token', mark, mark)
}

/** Passes blanks, line breaks and comments. Tabs count as blanks only where they cannot be indentation. */
function scanToNextToken(s: Scanner, scanPos: number, scanLine: number): void {
  const { text } = s
  for (;;) {
    if (s.pos === s.lineStart && text.charCodeAt(s.pos) === 0xfeff) {
      s.pos++
      s.newlines = 0
    }
    let c = text.charCodeAt(s.pos)
    while (c === 32 || (c === 9 && (s.flowLevel > 0 || !s.simpleKeyAllowed))) c = text.charCodeAt(++s.pos)
    if (s.commentHead < s.comments.length) liftEntryComment(s, c)
    if (c === 35) {
      scanComments(s, scanPos, scanLine)
      c = text.charCodeAt(s.pos)
    }
    if (!isBreak(c)) return
    skipBreak(s)
    if (s.flowLevel === 0) s.simpleKeyAllowed = true
  }
}

/** A comment behind the first `-` of a sequence is the head of what follows. */
function liftEntryComment(s: Scanner, c: number): void {
  const count = s.tokens.length
  if (count < 2 || isBreak(c)) return
  if (s.tokens[count - 1]!.type !== 'block-entry' || s.tokens[count - 2]!.type !== 'block-sequence-start') return
  const comment = s.comments[s.comments.length - 1]!
  if (comment.line === '') return
  comment.head = comment.line
  comment.line = ''
  if (comment.start.line === s.line - 1) comment.tokenPos = s.pos
}

function fetchStreamEnd(s: Scanner): void {
  if (s.pos !== s.lineStart) {
    s.lineStart = s.pos
    s.line++
  }
  const mark = markOf(s)
  unrollIndent(s, -1, mark)
  removeSimpleKey(s)
  s.simpleKeyAllowed = false
  append(s, 'stream-end')
}

function fetchDirective(s: Scanner): void {
  const mark = markOf(s)
  unrollIndent(s, -1, mark)
  removeSimpleKey(s)
  s.simpleKeyAllowed = false
  const { type, value, suffix } = scanDirective(s, mark)
  insert(s, s.tokens.length, type, mark)
  const token = s.tokens[s.tokens.length - 1]!
  token.value = value
  token.suffix = suffix
}

function fetchDocumentIndicator(s: Scanner, start: boolean): void {
  unrollIndent(s, -1, markOf(s))
  removeSimpleKey(s)
  s.simpleKeyAllowed = false
  append(s, start ? 'document-start' : 'document-end')
  s.pos += 3
  s.newlines = 0
}

function fetchIndicator(s: Scanner, type: TokenType, keyAllowed: boolean): void {
  removeSimpleKey(s)
  s.simpleKeyAllowed = keyAllowed
  take(s, type)
}

function fetchFlowStart(s: Scanner, type: TokenType): void {
  const keyLevel = saveSimpleKey(s)
  s.flowLevel++
  if (s.flowLevel > s.maxDepth) throw tooDeep(s)
  const token = s.parsed + s.tokens.length - s.head
  s.simpleKeys.push({ possible: false, required: false, token, pos: 0, line: 0, column: 0 })
  s.simpleKeyAllowed = true
  take(s, type)
  s.tokens[s.tokens.length - 1]!.keyLevel = keyLevel
}

function fetchFlowEnd(s: Scanner, type: TokenType): void {
  removeSimpleKey(s)
  if (s.flowLevel > 0) {
    s.flowLevel--
    // libyaml forgets here that the bracket itself may be a key, if nothing inside could be one.
    const { token } = s.simpleKeys.pop()!
    const opening = s.tokens[token - s.parsed + s.head]
    if (token >= s.parsed && opening !== undefined) opening.keyLevel = -1
  }
  s.simpleKeyAllowed = false
  take(s, type)
}

function fetchBlockEntry(s: Scanner): void {
  if (s.flowLevel === 0) {
    const mark = markOf(s)
    if (!s.simpleKeyAllowed) {
      throw scannerError('block sequence entries are not allowed in this context', mark, mark)
    }
    rollIndent(s, mark.column, s.tokens.length, 'block-sequence-start', mark)
  }
  fetchIndicator(s, 'block-entry', true)
}

function fetchKey(s: Scanner): void {
  if (s.flowLevel === 0) {
    const mark = markOf(s)
    if (!s.simpleKeyAllowed) throw scannerError('mapping keys are not allowed in this context', mark, mark)
    rollIndent(s, mark.column, s.tokens.length, 'block-mapping-start', mark)
  }
  fetchIndicator(s, 'key', s.flowLevel === 0)
}

function fetchValue(s: Scanner): void {
  const key = s.simpleKeys[s.simpleKeys.length - 1]!
  if (key.possible && isValidKey(s, key)) {
    const index = key.token - s.parsed + s.head
    insert(s, index, 'key', key)
    rollIndent(s, key.column, index, 'block-mapping-start', key)
    key.possible = false
    s.simpleKeyAllowed = false
  } else {
    const mark = markOf(s)
    if (s.flowLevel === 0) {
      if (!s.simpleKeyAllowed) throw scannerError('mapping values are not allowed in this context', mark, mark)
      rollIndent(s, mark.column, s.tokens.length, 'block-mapping-start', mark)
    }
    s.simpleKeyAllowed = s.flowLevel === 0
  }
  take(s, 'value')
}

function fetchAnchor(s: Scanner, type: 'alias' | 'anchor'): void {
  const keyLevel = saveSimpleKey(s)
  s.simpleKeyAllowed = false
  const token = createToken(s, type, 'plain')
  token.value = scanAnchor(s, token)
  token.keyLevel = keyLevel
  s.tokens.push(token)
}

function fetchTag(s: Scanner): void {
  const keyLevel = saveSimpleKey(s)
  s.simpleKeyAllowed = false
  const token = createToken(s, 'tag', 'plain')
  const { handle, suffix } = scanTag(s, token)
  token.value = handle
  token.suffix = suffix
  token.keyLevel = keyLevel
  s.tokens.push(token)
}

function fetchBlockScalar(s: Scanner, literal: boolean): void {
  removeSimpleKey(s)
  s.simpleKeyAllowed = true
  const token = createToken(s, 'scalar', literal ? 'literal' : 'folded')
  token.value = scanBlockScalar(s, literal, token)
  s.tokens.push(token)
}

function fetchQuoted(s: Scanner, quote: number): void {
  const keyLevel = saveSimpleKey(s)
  s.simpleKeyAllowed = false
  const token = createToken(s, 'scalar', quote === 39 ? 'single' : 'double')
  token.value = scanQuoted(s, quote, token)
  token.keyLevel = keyLevel
  s.tokens.push(token)
}

function fetchScalar(s: Scanner): void {
  const keyLevel = saveSimpleKey(s)
  s.simpleKeyAllowed = false
  const token = createToken(s, 'scalar', 'plain')
  token.value = scanPlain(s, token)
  token.keyLevel = keyLevel
  s.tokens.push(token)
}
