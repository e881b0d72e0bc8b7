import { isBlank, isBreak, isBreakOrEnd } from './characters.ts'
import { type Scanner, skipBreak } from './scanner-state.ts'
import type { Mark } from './syntax-error.ts'

/** yaml.v3 looks no further than this for the end of a comment block or for a comment behind a token. */
const lookahead = 512

/** Takes the comment that stands behind a token on the same line. */
export function scanLineComment(s: Scanner, tokenPos: number): void {
  if (s.newlines > 0) return
  const { text } = s
  let at = s.pos
  const limit = s.pos + lookahead
  while (at < limit && isBlank(text.charCodeAt(at))) at++
  if (at >= limit || text.charCodeAt(at) !== 35) return
  s.pos = at
  const start = { pos: at, line: s.line, column: at - s.lineStart }
  const line = takeLine(s)
  s.comments.push({ tokenPos, start, scanPos: 0, endPos: 0, head: '', line, foot: '' })
}

function takeLine(s: Scanner): string {
  const { text } = s
  const from = s.pos
  let at = from
  while (!isBreakOrEnd(text.charCodeAt(at))) at++
  s.pos = at
  s.newlines = 0
  if (s.wide) s.lineStart += pairs(text, from, at)
  return text.slice(from, at)
}

function pairs(text: string, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0xd800 && c <= 0xdbff) count++
  }
  return count
}

/**
 * Takes a block of comment lines, from a `#` on, and splits it into the foot of what stands above and the head of what
 * follows. A part is a foot when an empty line ends it and it stands right below the content, or when it is indented less
 * than the current collection, or when a flow collection ends behind it. Columns of the marks count from 1.
 */
export function scanComments(s: Scanner, scanFrom: number, scanLine: number): void {
  const { text } = s
  let token = s.tokens[s.tokens.length - 1]!
  if (token.type === 'flow-entry' && s.tokens.length > 1) token = s.tokens[s.tokens.length - 2]!
  let tokenPos = token.pos
  let scanPos = scanFrom
  let start: Mark = { pos: 0, line: 0, column: 0 }
  let nextIndent = Math.max(s.indent, 0)
  let recentEmpty = false
  let firstEmpty = s.newlines <= 1
  let line = s.line
  let column = s.pos - s.lineStart
  let block = ''
  let footLine = -1
  if (scanLine > 0) {
    footLine = s.line - s.newlines + 1
    if (s.newlines === 0 && column > 1) footLine++
  }

  let peek = 0
  const cut = (): void => {
    const endPos = s.pos + peek
    s.comments.push({ tokenPos, start, scanPos, endPos, head: '', line: '', foot: block })
    scanPos = endPos
    tokenPos = endPos
    block = ''
  }
  for (; peek < lookahead; peek++) {
    column++
    const c = text.charCodeAt(s.pos + peek)
    if (isBlank(c)) continue
    const closesFlow = s.flowLevel > 0 && (c === 93 || c === 125)
    if (closesFlow || isBreakOrEnd(c)) {
      if (closesFlow || !recentEmpty) {
        const dedented = start.column - 1 < nextIndent
        if (
          closesFlow ||
          (firstEmpty && start.line === footLine && token.type !== 'value') ||
          (firstEmpty && dedented)
        ) {
          if (block !== '') {
            if (dedented) tokenPos = start.pos
            cut()
          }
        } else if (block !== '' && c !== 0) block += '\n'
      }
      if (!isBreak(c)) break
      firstEmpty = false
      recentEmpty = true
      column = 0
      line++
      continue
    }
    if (block !== '' && column - 1 < nextIndent && column !== start.column) cut()
    if (c !== 35) break
    if (block === '') start = { pos: s.pos + peek, line, column }
    else block += '\n'
    recentEmpty = false
    const from = s.pos + peek
    while (s.pos < from) {
      if (isBreak(text.charCodeAt(s.pos))) skipBreak(s)
      else s.pos++
    }
    block += takeLine(s)
    peek = 0
    column = 0
    line = s.line
    nextIndent = Math.max(s.indent, 0)
  }
  if (block !== '') {
    const endPos = s.pos + peek - 1
    s.comments.push({ tokenPos: start.pos, start, scanPos, endPos, head: block, line: '', foot: '' })
  }
}
