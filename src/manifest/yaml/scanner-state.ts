import { isBlankOrEnd } from './characters.ts'
import type { Comment } from './comment.ts'
import type { Mark } from './syntax-error.ts'
import type { ScalarStyle, Token, TokenType } from './token.ts'

/** A place where a key without `?` may have begun; one for each flow level. */
export interface SimpleKey {
  possible: boolean
  required: boolean
  token: number
  pos: number
  line: number
  column: number
}

/** The state of reading one stream. The text ends with NULs, so that reading ahead needs no bounds check. */
export interface Scanner {
  readonly text: string
  /** Columns must be corrected for surrogate pairs. */
  readonly wide: boolean
  readonly maxDepth: number
  pos: number
  line: number
  /** `pos - lineStart` is the column: every surrogate pair passed on the line moves it by one. */
  lineStart: number
  /** Line breaks since the last character that was not blank. */
  newlines: number
  /** Column of the innermost block collection, -1 outside. */
  indent: number
  readonly indents: number[]
  flowLevel: number
  simpleKeyAllowed: boolean
  readonly simpleKeys: SimpleKey[]
  /** Tokens from `head` on wait for the parser; the comment rules look back at earlier ones. */
  readonly tokens: Token[]
  head: number
  /** Tokens handed out so far. */
  parsed: number
  readonly comments: Comment[]
  commentHead: number
}

/** A scanner for `text` (ended by at least four NULs) from `mark` on. */
export function createScanner(text: string, mark: Mark, wide: boolean, maxDepth: number): Scanner {
  const s: Scanner = {
    text,
    wide,
    maxDepth,
    pos: mark.pos,
    line: mark.line,
    lineStart: mark.pos - mark.column,
    newlines: 0,
    indent: -1,
    indents: [],
    flowLevel: 0,
    simpleKeyAllowed: true,
    simpleKeys: [{ possible: false, required: false, token: 0, pos: 0, line: 0, column: 0 }],
    tokens: [],
    head: 0,
    parsed: 0,
    comments: [],
    commentHead: 0,
  }
  append(s, 'stream-start')
  return s
}

export function markOf(s: Scanner): Mark {
  return { pos: s.pos, line: s.line, column: s.pos - s.lineStart }
}

/** Moves over a line break; CR LF is one. */
export function skipBreak(s: Scanner): void {
  const c = s.text.charCodeAt(s.pos)
  s.pos += c === 13 && s.text.charCodeAt(s.pos + 1) === 10 ? 2 : 1
  s.line++
  s.lineStart = s.pos
  s.newlines++
}

/** `---` or `...` at the start of a line, with a blank behind. */
export function atDocumentIndicator(s: Scanner, pos: number): boolean {
  const { text } = s
  const c = text.charCodeAt(pos)
  return (
    (c === 45 || c === 46) &&
    text.charCodeAt(pos + 1) === c &&
    text.charCodeAt(pos + 2) === c &&
    isBlankOrEnd(text.charCodeAt(pos + 3))
  )
}

/** A token that starts at the current position; it still has to be put into the queue. */
export function createToken(s: Scanner, type: TokenType, style: ScalarStyle): Token {
  const { pos, line } = s
  return { type, pos, line, column: pos - s.lineStart, style, value: '', suffix: '', keyLevel: -1 }
}

export function append(s: Scanner, type: TokenType): void {
  s.tokens.push(createToken(s, type, 'plain'))
}

/** Appends a token of one character and passes the character. */
export function take(s: Scanner, type: TokenType): void {
  append(s, type)
  s.pos++
  s.newlines = 0
}

/** Puts a token before those from `index` on, or at the end if the parser is past that place. */
export function insert(s: Scanner, index: number, type: TokenType, { pos, line, column }: Mark): void {
  const { tokens } = s
  const token: Token = { type, pos, line, column, style: 'plain', value: '', suffix: '', keyLevel: -1 }
  tokens.push(token)
  if (index < s.head) return
  for (let i = tokens.length - 1; i > index; i--) tokens[i] = tokens[i - 1]!
  tokens[index] = token
}
