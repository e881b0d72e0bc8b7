import type { YamlNode } from './node.ts'
import { parseNode } from './parse-node.ts'
import { clearComments, createNode, emptyScalar, type Parser, peek } from './parser-state.ts'
import { skipToken } from './scanner.ts'
import { parserError } from './syntax-error.ts'
import type { Token } from './token.ts'

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
    node.content.push(endsDocument(token) ? emptyScalar(p, token) : parseNode(p, token, true, false))
  } else {
    node.headComment = splitDocumentHead(p)
    node.content.push(parseNode(p, token, true, false))
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
