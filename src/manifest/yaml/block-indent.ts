import { insert, markOf, type Scanner } from './scanner-state.ts'
import { type Mark, scannerError } from './syntax-error.ts'
import type { TokenType } from './token.ts'

/** Opens a block collection where the column is deeper than the current one. */
export function rollIndent(s: Scanner, column: number, index: number, type: TokenType, mark: Mark): void {
  if (s.flowLevel > 0 || s.indent >= column) return
  s.indents.push(s.indent)
  s.indent = column
  if (s.indents.length > s.maxDepth) throw tooDeep(s)
  insert(s, index, type, mark)
}

export function tooDeep(s: Scanner): Error {
  const mark = markOf(s)
  return scannerError(`exceeded max depth of ${s.maxDepth}`, mark, mark)
}

/**
 * Closes every block collection deeper than the column. The end is put before comments that stand at the depth of the
 * parent's entries, so that they become foot comments of the parent.
 */
export function unrollIndent(s: Scanner, column: number, scanMark: Mark): void {
  if (s.flowLevel > 0) return
  let mark: Mark | undefined
  while (s.indent > column) {
    mark ??= { pos: scanMark.pos - 1, line: scanMark.line, column: scanMark.column }
    let stop = mark.pos
    for (let i = s.comments.length - 1; i >= s.commentHead; i--) {
      const comment = s.comments[i]!
      if (comment.endPos < stop) break
      if (comment.start.column === s.indent + 1) mark = comment.start
      stop = comment.scanPos
    }
    insert(s, s.tokens.length, 'block-end', mark)
    s.indent = s.indents.pop()!
  }
}
