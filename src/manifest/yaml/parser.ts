import type { YamlNode } from './node.ts'
import { plainTag, shortTag } from './resolve.ts'
import { peekToken, type Scanner, skipToken, type Token } from './scanner.ts'
import { type Mark, parserError, YamlSyntaxError } from './syntax-error.ts'

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
function peek(p: Parser): Token {
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
function clearComments(p: Parser): void {
  p.head = ''
  p.line = ''
  p.foot = ''
  p.stem = ''
}

function createNode(p: Parser, kind: YamlNode['kind'], mark: Mark): YamlNode {
  if (--p.nodesLeft < 0) throw new YamlSyntaxError('document has too many nodes', mark, 0)
  return {
    kind,
    style: kind === 'scalar' ? 'plain' : 'block',
    tag: '',
    tagged: false,
    value: '',
    anchor: '',
    target: undefined,
    content: [],
    headComment: '',
    lineComment: '',
    footComment: '',
    line: mark.line + 1,
    column: mark.column + 1,
    file: p.file,
  }
}

/** The next document, or undefined at the end of the stream. */
export function parseDocument(p: Parser, first: boolean): YamlNode | undefined {
  let token = peek(p)
  if (first) {
    skipToken(p.scanner)
    token = peek(p)
  } else {
    while (token.type === 'document-end') {
      skipToken(p.scanner)
      token = peek(p)
    }
  }
  if (token.type === 'stream-end') return undefined
  const node = createNode(p, 'document', token)
  const explicit =
    !first || token.type === 'version-directive' || token.type === 'tag-directive' || token.type === 'document-start'
  processDirectives(p)
  if (explicit) {
    token = peek(p)
    if (token.type !== 'document-start') throw parserError('did not find expected <document start>', undefined, token)
    skipToken(p.scanner)
    token = peek(p)
    node.content.push(endsDocument(token) ? emptyScalar(p, token) : parseNode(p, true, false))
  } else {
    node.headComment = splitDocumentHead(p)
    node.content.push(parseNode(p, true, false))
  }
  token = peek(p)
  if (token.type === 'document-end') skipToken(p.scanner)
  p.tags.clear()
  node.footComment = p.foot === '' ? p.head : p.foot
  clearComments(p)
  return node
}

function endsDocument({ type }: Token): boolean {
  return (
    type === 'version-directive' ||
    type === 'tag-directive' ||
    type === 'document-start' ||
    type === 'document-end' ||
    type === 'stream-end'
  )
}

/** The part of the first comment before its last empty line belongs to the document. */
function splitDocumentHead(p: Parser): string {
  const { head } = p
  for (let i = head.length - 1; i > 0; i--) {
    if (head.charCodeAt(i) !== 10) continue
    if (i === head.length - 1 || head.charCodeAt(i - 1) === 10) {
      p.head = head.slice(i + 1)
      return head.slice(0, i === head.length - 1 ? i : i - 1)
    }
  }
  return ''
}

function processDirectives(p: Parser): void {
  let version = false
  for (let token = peek(p); ; token = peek(p)) {
    if (token.type === 'version-directive') {
      if (version) throw parserError('found duplicate %YAML directive', undefined, token)
      if (token.value !== '1' || token.suffix !== '1') {
        throw parserError('found incompatible YAML document', undefined, token)
      }
      version = true
    } else if (token.type === 'tag-directive') {
      if (p.tags.has(token.value)) throw parserError('found duplicate %TAG directive', undefined, token)
      p.tags.set(token.value, token.suffix)
    } else break
    skipToken(p.scanner)
  }
  if (!p.tags.has('!')) p.tags.set('!', '!')
  if (!p.tags.has('!!')) p.tags.set('!!', 'tag:yaml.org,2002:')
}

function emptyScalar(p: Parser, mark: Mark): YamlNode {
  const node = createNode(p, 'scalar', mark)
  node.tag = '!!null'
  return node
}

/** The place right behind a one-character token, where an absent value is said to stand. */
function behind(token: Token): Mark {
  return { pos: token.pos + 1, line: token.line, column: token.column + 1 }
}

function takeComments(p: Parser, node: YamlNode): void {
  node.headComment = p.head
  node.lineComment = p.line
  node.footComment = p.foot
  clearComments(p)
}

function parseNode(p: Parser, block: boolean, indentless: boolean): YamlNode {
  let token = peek(p)
  if (token.type === 'scalar') return parseScalar(p, token, token, '', '')
  if (token.type === 'alias') return parseAlias(p, token)
  const start = token
  let anchor = ''
  let tag = ''
  if (token.type === 'anchor' || token.type === 'tag') {
    let tagToken: Token | undefined
    for (let i = 0; i < 2; i++) {
      if (token.type === 'anchor' && anchor === '') anchor = token.value
      else if (token.type === 'tag' && tagToken === undefined) tagToken = token
      else break
      skipToken(p.scanner)
      token = peek(p)
    }
    if (tagToken !== undefined) tag = resolveHandle(p, start, tagToken)
  }
  if (indentless && token.type === 'block-entry') return parseSequence(p, start, anchor, tag, true)
  switch (token.type) {
    case 'scalar':
      return parseScalar(p, token, start, anchor, tag)
    case 'flow-sequence-start':
      return parseFlowSequence(p, start, anchor, tag)
    case 'flow-mapping-start':
      return parseFlowMapping(p, start, anchor, tag)
    case 'block-sequence-start':
      if (block) return parseSequence(p, start, anchor, tag, false)
      break
    case 'block-mapping-start':
      if (block) return parseMapping(p, start, anchor, tag)
  }
  if (anchor !== '' || tag !== '') {
    const node = createNode(p, 'scalar', start)
    setScalarTag(node, tag)
    setAnchor(p, node, anchor)
    return node
  }
  throw parserError('did not find expected node content', start, token)
}

function resolveHandle(p: Parser, start: Token, token: Token): string {
  if (token.value === '') return token.suffix
  const prefix = p.tags.get(token.value)
  const tag = prefix === undefined ? '' : prefix + token.suffix
  if (tag === '') throw parserError('found undefined tag handle', start, token)
  return tag
}

function setAnchor(p: Parser, node: YamlNode, anchor: string): void {
  if (anchor === '') return
  node.anchor = anchor
  p.anchors.set(anchor, node)
}

function setScalarTag(node: YamlNode, tag: string): void {
  if (tag !== '' && tag !== '!') {
    node.tag = shortTag(tag)
    node.tagged = true
  } else node.tag = node.style === 'plain' ? plainTag(node.value) : '!!str'
}

function setCollectionTag(node: YamlNode, tag: string): void {
  node.tagged = tag !== '' && tag !== '!'
  node.tag = node.tagged ? shortTag(tag) : node.kind === 'mapping' ? '!!map' : '!!seq'
}

function parseScalar(p: Parser, token: Token, start: Mark, anchor: string, tag: string): YamlNode {
  const node = createNode(p, 'scalar', start)
  node.style = token.style
  node.value = token.value
  setScalarTag(node, tag)
  takeComments(p, node)
  setAnchor(p, node, anchor)
  skipToken(p.scanner)
  return node
}

function parseAlias(p: Parser, token: Token): YamlNode {
  const node = createNode(p, 'alias', token)
  node.value = token.value
  node.target = p.anchors.get(token.value)
  if (node.target === undefined) throw new YamlSyntaxError(`unknown anchor '${token.value}' referenced`, token, 0)
  takeComments(p, node)
  skipToken(p.scanner)
  return node
}

function openCollection(p: Parser, kind: 'mapping' | 'sequence', start: Mark, anchor: string, tag: string): YamlNode {
  const node = createNode(p, kind, start)
  setCollectionTag(node, tag)
  setAnchor(p, node, anchor)
  if (++p.depth > p.scanner.maxDepth) {
    throw new YamlSyntaxError(`exceeded max depth of ${p.scanner.maxDepth}`, start, 0)
  }
  return node
}

/** A block sequence; `indentless` when it stands at the column of the key it belongs to and has no tokens around it. */
function parseSequence(p: Parser, start: Token, anchor: string, tag: string, indentless: boolean): YamlNode {
  const node = openCollection(p, 'sequence', start, anchor, tag)
  if (!indentless) {
    node.headComment = p.stem
    p.stem = ''
  }
  const open = peek(p)
  if (!indentless) skipToken(p.scanner)
  for (;;) {
    let token = peek(p)
    if (token.type !== 'block-entry') {
      if (!indentless) {
        if (token.type !== 'block-end') throw parserError("did not find expected '-' indicator", open, token)
        skipToken(p.scanner)
      }
      break
    }
    const mark = behind(token)
    const stemLength = p.head.length
    skipToken(p.scanner)
    splitStem(p, stemLength)
    token = peek(p)
    const empty =
      token.type === 'block-entry' ||
      token.type === 'block-end' ||
      (indentless && (token.type === 'key' || token.type === 'value'))
    node.content.push(empty ? emptyScalar(p, mark) : parseNode(p, true, false))
  }
  p.depth--
  return node
}

/** The head comment of an entry that holds a collection belongs to the collection as a whole. */
function splitStem(p: Parser, length: number): void {
  if (length === 0) return
  const { type } = peekTwice(p)
  if (type !== 'block-sequence-start' && type !== 'block-mapping-start') return
  p.stem = p.head.slice(0, length)
  p.head = p.head.slice(length + 1)
}

/** yaml.v3 overlooks an error at this place, scans on, and prints what goes wrong then. */
function peekTwice(p: Parser): Token {
  try {
    return peek(p)
  } catch (first) {
    try {
      peek(p)
    } catch (second) {
      if (first instanceof YamlSyntaxError && second instanceof YamlSyntaxError) {
        throw new YamlSyntaxError(first.problem, first.at, second.goLine, second.problem)
      }
    }
    throw first
  }
}

function parseMapping(p: Parser, start: Token, anchor: string, tag: string): YamlNode {
  const node = openCollection(p, 'mapping', start, anchor, tag)
  const { content } = node
  node.headComment = p.stem
  p.stem = ''
  const open = peek(p)
  skipToken(p.scanner)
  for (;;) {
    let token = peek(p)
    if (token.type === 'block-end') break
    if (token.type !== 'key') throw parserError('did not find expected key', open, token)
    const mark = behind(token)
    skipToken(p.scanner)
    token = peek(p)
    const key = endsKey(token) ? emptyScalar(p, mark) : parseNode(p, true, true)
    content.push(key)
    if (key.footComment !== '' && content.length > 2) {
      content[content.length - 3]!.footComment = key.footComment
      key.footComment = ''
    }
    const value = parseValue(p)
    content.push(value)
    if (key.footComment === '' && value.footComment !== '') {
      key.footComment = value.footComment
      value.footComment = ''
    }
  }
  node.lineComment = p.line
  if (p.foot !== '') {
    if (content.length > 1) content[content.length - 2]!.footComment = p.foot
    else node.footComment = p.foot
  }
  clearComments(p)
  skipToken(p.scanner)
  p.depth--
  return node
}

function endsKey({ type }: Token): boolean {
  return type === 'key' || type === 'value' || type === 'block-end'
}

function parseValue(p: Parser): YamlNode {
  let token = peek(p)
  if (token.type !== 'value') return emptyScalar(p, token)
  const mark = behind(token)
  skipToken(p.scanner)
  token = peek(p)
  return endsKey(token) ? emptyScalar(p, mark) : parseNode(p, true, true)
}

function parseFlowSequence(p: Parser, start: Token, anchor: string, tag: string): YamlNode {
  const node = openCollection(p, 'sequence', start, anchor, tag)
  node.style = 'flow'
  node.headComment = p.head
  clearComments(p)
  const open = peek(p)
  skipToken(p.scanner)
  for (let first = true; ; first = false) {
    let token = peek(p)
    if (token.type === 'flow-sequence-end') break
    if (!first) {
      if (token.type !== 'flow-entry') throw parserError("did not find expected ',' or ']'", open, token)
      skipToken(p.scanner)
      token = peek(p)
      if (token.type === 'flow-sequence-end') break
    }
    node.content.push(token.type === 'key' ? parsePair(p, token) : parseNode(p, false, false))
  }
  node.lineComment = p.line
  node.footComment = p.foot
  clearComments(p)
  skipToken(p.scanner)
  p.depth--
  return node
}

/** `key: value` in a flow sequence: a mapping of one entry. */
function parsePair(p: Parser, start: Token): YamlNode {
  const node = openCollection(p, 'mapping', start, '', '')
  node.style = 'flow'
  skipToken(p.scanner)
  let token = peek(p)
  if (token.type === 'value' || token.type === 'flow-entry' || token.type === 'flow-sequence-end') {
    const mark = behind(token)
    skipToken(p.scanner)
    node.content.push(emptyScalar(p, mark))
  } else node.content.push(parseNode(p, false, false))
  token = peek(p)
  if (token.type === 'value') {
    skipToken(p.scanner)
    token = peek(p)
    const empty = token.type === 'flow-entry' || token.type === 'flow-sequence-end'
    node.content.push(empty ? emptyScalar(p, token) : parseNode(p, false, false))
  } else node.content.push(emptyScalar(p, token))
  moveFoot(node)
  peek(p)
  p.depth--
  return node
}

/** The foot comment of a value is kept at its key. */
function moveFoot(node: YamlNode): void {
  const key = node.content[node.content.length - 2]!
  const value = node.content[node.content.length - 1]!
  if (key.footComment !== '' || value.footComment === '') return
  key.footComment = value.footComment
  value.footComment = ''
}

function parseFlowMapping(p: Parser, start: Token, anchor: string, tag: string): YamlNode {
  const node = openCollection(p, 'mapping', start, anchor, tag)
  node.style = 'flow'
  node.headComment = p.head
  clearComments(p)
  const open = peek(p)
  skipToken(p.scanner)
  for (let first = true; ; first = false) {
    let token = peek(p)
    if (token.type === 'flow-mapping-end') break
    if (!first) {
      if (token.type !== 'flow-entry') throw parserError("did not find expected ',' or '}'", open, token)
      skipToken(p.scanner)
      token = peek(p)
      if (token.type === 'flow-mapping-end') break
    }
    if (token.type === 'key') {
      skipToken(p.scanner)
      token = peek(p)
      const empty = token.type === 'value' || token.type === 'flow-entry' || token.type === 'flow-mapping-end'
      node.content.push(empty ? emptyScalar(p, token) : parseNode(p, false, false))
      token = peek(p)
      if (token.type === 'value') {
        skipToken(p.scanner)
        token = peek(p)
        const none = token.type === 'flow-entry' || token.type === 'flow-mapping-end'
        node.content.push(none ? emptyScalar(p, token) : parseNode(p, false, false))
      } else node.content.push(emptyScalar(p, token))
    } else {
      node.content.push(parseNode(p, false, false))
      node.content.push(emptyScalar(p, peek(p)))
    }
    moveFoot(node)
  }
  node.lineComment = p.line
  node.footComment = p.foot
  clearComments(p)
  skipToken(p.scanner)
  p.depth--
  return node
}
