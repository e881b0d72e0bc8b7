import { isBreak } from './characters.ts'

/** The state of writing one document. Comments wait here until the place where they are written is reached. */
export interface Emitter {
  out: string
  column: number
  /** Column of the current collection, -1 at the root. */
  indent: number
  readonly bestIndent: number
  /** Columns after which lines are folded at spaces. */
  readonly width: number
  /** `-` of a sequence below a key stands in the key's column. */
  readonly compact: boolean
  /** The last thing written was a blank; only indentation and `-`, `?`, `:` stand on the line. */
  whitespace: boolean
  indention: boolean
  flowLevel: number
  /** An empty line is due before the next line at this column, because a foot comment stands above. */
  footIndent: number
  head: string
  line: string
  foot: string
  tail: string
  keyLine: string
}

export function createEmitter(compact: boolean, width: number): Emitter {
  return {
    out: '',
    column: 0,
    indent: -1,
    bestIndent: 2,
    width,
    compact,
    whitespace: true,
    indention: true,
    flowLevel: 0,
    footIndent: -1,
    head: '',
    line: '',
    foot: '',
    tail: '',
    keyLine: '',
  }
}

export function putBreak(e: Emitter): void {
  e.out += '\n'
  e.column = 0
  e.indention = true
}

const spaces = ' '.repeat(256)

/** Starts a line at the current indentation, unless the position is already there. */
export function writeIndent(e: Emitter): void {
  const indent = Math.max(e.indent, 0)
  if (!e.indention || e.column > indent || (e.column === indent && !e.whitespace)) putBreak(e)
  if (e.footIndent === indent) putBreak(e)
  if (e.column < indent) {
    const count = indent - e.column
    e.out += count <= 256 ? spaces.slice(0, count) : ' '.repeat(count)
    e.column = indent
  }
  e.whitespace = true
  e.footIndent = -1
}

/** Writes one of YAML's marks, with a space before it where `space` asks for one and none is there. */
export function writeIndicator(e: Emitter, text: string, space: boolean, isWhite: boolean, isIndention: boolean): void {
  if (space && !e.whitespace) {
    e.out += ' '
    e.column++
  }
  e.out += text
  e.column += text.length
  e.whitespace = isWhite
  e.indention = e.indention && isIndention
}

/** Writes comment lines; those without `#` get one. */
export function writeComment(e: Emitter, comment: string): void {
  let breaks = false
  let pound = false
  let from = 0
  for (let i = 0; i <= comment.length; i++) {
    const atEnd = i === comment.length
    if (!atEnd && !isBreak(comment.charCodeAt(i))) continue
    if (i > from) {
      if (breaks) writeIndent(e)
      const text = comment.slice(from, i)
      pound = text.startsWith('#')
      e.out += pound ? text : `# ${text}`
      e.column += text.length + (pound ? 0 : 2)
      e.indention = false
      breaks = false
    }
    if (!atEnd) {
      if (comment.charCodeAt(i) === 10) putBreak(e)
      else {
        e.out += comment.charAt(i)
        e.column = 0
        e.indention = true
      }
      breaks = true
    }
    from = i + 1
  }
  if (!breaks) putBreak(e)
  e.whitespace = true
}

/** Writes the comment left by the entry before, and the one above what comes now. */
export function writeHeadComment(e: Emitter): void {
  if (e.tail !== '') {
    writeIndent(e)
    writeComment(e, e.tail)
    e.tail = ''
    e.footIndent = Math.max(e.indent, 0)
  }
  if (e.head === '') return
  writeIndent(e)
  writeComment(e, e.head)
  e.head = ''
}

/** Writes the comments behind and below what was just written. */
export function writeEndComments(e: Emitter): void {
  if (e.line !== '') {
    if (!e.whitespace) {
      e.out += ' '
      e.column++
    }
    writeComment(e, e.line)
    e.line = ''
  }
  if (e.foot === '') return
  writeIndent(e)
  writeComment(e, e.foot)
  e.foot = ''
  e.footIndent = Math.max(e.indent, 0)
}

/** Goes one level deeper; gives the indentation to come back to. */
export function increaseIndent(e: Emitter, flow: boolean, inBlockSequence: boolean, compact: boolean): number {
  const before = e.indent
  if (before < 0) e.indent = flow ? e.bestIndent : 0
  else if (inBlockSequence) e.indent = before + 2
  else e.indent = e.bestIndent * Math.floor((before + e.bestIndent) / e.bestIndent) - (compact ? 2 : 0)
  return before
}
