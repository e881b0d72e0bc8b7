import type { YamlNode } from './node.ts'
import { behind, clearComments, createNode, emptyScalar, type Parser, peek, takeComments } from './parser-state.ts'
import { plainTag, shortTag } from './resolve.ts'
import { skipToken } from './scanner.ts'
import { type Mark, parserError, YamlSyntaxError } from './syntax-error.ts'
import type { Token } from './token.ts'

/** Parses the node that starts with the token peeked last, with its properties; `indentless`: a sequence may follow in the column of the key. */
export function parseNode(p: Parser, first: Token, block: boolean, indentless: boolean): YamlNode {
  let token = first
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
    const entry = token
    const stemLength = p.head.length
    skipToken(p.scanner)
    splitStem(p, stemLength)
    token = peek(p)
    const empty =
      token.type === 'block-entry' ||
      token.type === 'block-end' ||
      (indentless && (token.type === 'key' || token.type === 'value'))
    node.content.push(empty ? emptyScalar(p, behind(entry)) : parseNode(p, token, true, false))
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
        throw new YamlSyntaxError(first.problem, first.at, second.goLine, first.oldLine, second.problem)
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
    const indicator = token
    skipToken(p.scanner)
    token = peek(p)
    const key = endsKey(token) ? emptyScalar(p, behind(indicator)) : parseNode(p, token, true, true)
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
  const indicator = token
  skipToken(p.scanner)
  token = peek(p)
  return endsKey(token) ? emptyScalar(p, behind(indicator)) : parseNode(p, token, true, true)
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
    node.content.push(token.type === 'key' ? parsePair(p, token) : parseNode(p, token, false, false))
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
  const token = peek(p)
  if (token.type === 'value' || token.type === 'flow-entry' || token.type === 'flow-sequence-end') {
    const mark = behind(token)
    skipToken(p.scanner)
    node.content.push(emptyScalar(p, mark))
  } else node.content.push(parseNode(p, token, false, false))
  node.content.push(parseFlowValue(p, 'flow-sequence-end'))
  moveFoot(node)
  peek(p)
  p.depth--
  return node
}

/** What stands behind a key of a flow collection; an empty scalar where nothing does. */
function parseFlowValue(p: Parser, end: 'flow-sequence-end' | 'flow-mapping-end'): YamlNode {
  let token = peek(p)
  if (token.type !== 'value') return emptyScalar(p, token)
  skipToken(p.scanner)
  token = peek(p)
  const isEmpty = token.type === 'flow-entry' || token.type === end
  return isEmpty ? emptyScalar(p, token) : parseNode(p, token, false, false)
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
      node.content.push(empty ? emptyScalar(p, token) : parseNode(p, token, false, false))
      node.content.push(parseFlowValue(p, 'flow-mapping-end'))
    } else {
      node.content.push(parseNode(p, token, false, false))
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
