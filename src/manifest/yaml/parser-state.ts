import { blankNode, type YamlNode } from './node.ts'
import { peekToken } from './scanner.ts'
import type { Scanner } from './scanner-state.ts'
import { type Mark, YamlSyntaxError } from './syntax-error.ts'
import type { Token } from './token.ts'

/** The state of building nodes: comments that wait for the node they belong to, and the anchors of the stream. */
export interface Parser {
  readonly scanner: Scanner
  readonly file: string
  /** Nodes that may still be made. */
  nodesLeft: number
  depth: number
  head: string
  line: string
  foot: string
  /** Comment above a sequence entry that holds a collection; it belongs to the collection. */
  stem: string
  readonly anchors: Map<string, YamlNode>
  readonly tags: Map<string, string>
}

export function createParser(scanner: Scanner, file: string, maxNodes: number): Parser {
  return {
    scanner,
    file,
    nodesLeft: maxNodes,
    depth: 0,
    head: '',
    line: '',
    foot: '',
    stem: '',
    anchors: new Map(),
    tags: new Map(),
  }
}

/** The next token, with the comments that belong to it or to what stands before it collected. */
export function peek(p: Parser): Token {
  const token = peekToken(p.scanner)
  const s = p.scanner
  if (s.commentHead < s.comments.length) collectComments(p, token)
  return token
}

function collectComments(p: Parser, token: Token): void {
  const s = p.scanner
  while (s.commentHead < s.comments.length) {
    const comment = s.comments[s.commentHead]!
    if (token.pos < comment.tokenPos) break
    if (comment.head !== '') {
      if (token.type === 'block-end') break
      p.head = p.head === '' ? comment.head : `${p.head}\n${comment.head}`
    }
    if (comment.foot !== '') p.foot = p.foot === '' ? comment.foot : `${p.foot}\n${comment.foot}`
    if (comment.line !== '') p.line = p.line === '' ? comment.line : `${p.line}\n${comment.line}`
    s.commentHead++
  }
  if (s.commentHead === s.comments.length) {
    s.comments.length = 0
    s.commentHead = 0
  }
}

/** Forgets the waiting comments: whoever calls has taken those that count. */
export function clearComments(p: Parser): void {
  p.head = ''
  p.line = ''
  p.foot = ''
  p.stem = ''
}

export function takeComments(p: Parser, node: YamlNode): void {
  node.headComment = p.head
  node.lineComment = p.line
  node.footComment = p.foot
  clearComments(p)
}

export function createNode(p: Parser, kind: YamlNode['kind'], mark: Mark): YamlNode {
  if (--p.nodesLeft < 0) throw new YamlSyntaxError('document has too many nodes', mark, 0)
  return blankNode(kind, p.file, mark.line + 1, mark.column + 1)
}

export function emptyScalar(p: Parser, mark: Mark): YamlNode {
  const node = createNode(p, 'scalar', mark)
  node.tag = '!!null'
  return node
}

/** The place right behind a one-character token, where an absent value is said to stand. */
export function behind(token: Token): Mark {
  return { pos: token.pos + 1, line: token.line, column: token.column + 1 }
}
