import { compareText } from '../../manifest/compare-text.ts'
import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import { encodeYaml } from '../../manifest/yaml/encode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { deAnchor } from './de-anchor.ts'
import { fieldOf, isEmpty, isNull, textIn } from './node.ts'
import { fail } from './problem.ts'
import { kindOf, makeResource, nameOf, namespaceOf, type Resource } from './resource.ts'

/** The objects of a manifest file, in order; lists give their items. */
export function readResources(text: string, file: string): Resource[] {
  return readNodes(text, file).map(makeResource)
}

/** The trees of a manifest file, checked: every one has a kind and a name. */
export function readNodes(text: string, file: string): YamlNode[] {
  const nodes = readDocuments(text, file)
  for (const node of nodes) deAnchor(node)
  return expandLists(keepGood(nodes))
}

const separator = /\n---.*\n/g

/** Splits a stream into documents at lines that start with `---`, before any YAML is read. */
function splitDocuments(text: string): { readonly text: string; readonly line: number }[] {
  const documents: { text: string; line: number }[] = []
  let start = 0
  let line = 0
  for (const match of text.matchAll(separator)) {
    const rest = match[0].slice(4).trim()
    if (rest !== '' && !rest.startsWith('#'))
      fail(`invalid document separator: ${match[0].trim()}`, {
        code: 'yaml-separator',
        hint: 'put a line break behind ---',
      })
    const piece = text.slice(start, match.index)
    documents.push({ text: `${piece}\n`, line })
    line += lineBreaks(piece) + 2
    start = match.index + match[0].length
  }
  if (text.length > 0) documents.push({ text: text.slice(start), line })
  return documents
}

function lineBreaks(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function readDocuments(text: string, file: string): YamlNode[] {
  const pieces = splitDocuments(text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text)
  const nodes: YamlNode[] = []
  for (const piece of pieces) {
    const node = readFirst(piece.text, piece.line, file)
    if (node === undefined || isNull(node)) continue
    const kind = kindOf(node)
    const items = fieldOf(node, 'items')
    const isList = pieces.length === 1 && (kind === 'ResourceList' || kind === 'List')
    if (isList && (items !== undefined || fieldOf(node, 'functionConfig') !== undefined))
      nodes.push(...(items?.content ?? []))
    else nodes.push(node)
  }
  return nodes
}

function readFirst(text: string, firstLine: number, file: string): YamlNode | undefined {
  const { documents, diagnostics } = parseYaml(text, { file })
  const [document] = documents
  const [problem] = diagnostics
  const isBroken = problem !== undefined && (document === undefined || (problem.position?.line ?? 0) < document.line)
  if (isBroken) {
    const { position } = problem
    fail(`MalformedYAMLError: ${problem.goText}`, {
      code: 'yaml-syntax',
      position: position === undefined ? undefined : { ...position, line: position.line + firstLine },
      hint: problem.hint,
    })
  }
  const node = document?.content[0]
  if (node !== undefined && firstLine > 0) shiftLines(node, firstLine)
  return node
}

function shiftLines(node: YamlNode, lines: number): void {
  node.line += lines
  for (const child of node.content) shiftLines(child, lines)
}

function keepGood(nodes: readonly YamlNode[]): YamlNode[] {
  const good = nodes.filter(node => !isEmpty(node))
  for (const node of good) checkMetadata(node)
  return good
}

/** Ends the step where an object has no kind or no name. */
export function checkMetadata(node: YamlNode): void {
  const position = node.line > 0 ? node : undefined
  const kind = textIn(fieldOf(node, 'kind'))
  const metadata = fieldOf(node, 'metadata')
  const hasMetadata =
    metadata !== undefined &&
    ['name', 'namespace', 'labels', 'annotations'].some(field => !isEmpty(fieldOf(metadata, field)))
  const hasApiVersion = textIn(fieldOf(node, 'apiVersion')) !== ''
  if (kind === '' && !hasApiVersion && !hasMetadata)
    fail('missing Resource metadata', {
      code: 'no-resource',
      position,
      hint: 'a manifest has apiVersion, kind and metadata.name',
    })
  if (kind === '')
    fail(`missing kind in object ${metadataText(node)}`, { code: 'manifest-without-kind', position, hint: 'set kind' })
  if (kind.endsWith('List')) return
  if (nameOf(node) === '')
    fail(`missing metadata.name in object ${metadataText(node)}`, {
      code: 'manifest-without-name',
      position,
      hint: 'set metadata.name',
    })
}

/** What Go prints for the metadata with `%v`. */
function metadataText(node: YamlNode): string {
  const map = (field: string): string => {
    const { content } = fieldOf(fieldOf(node, 'metadata'), field) ?? { content: [] }
    const entries = content.flatMap((key, i) => (i % 2 === 0 ? [[textIn(key), textIn(content[i + 1])] as const] : []))
    const sorted = entries.toSorted(([one], [other]) => compareText(one, other))
    return `map[${sorted.map(([key, value]) => `${key}:${value}`).join(' ')}]`
  }
  const meta = `{{${nameOf(node)} ${namespaceOf(node)}} ${map('labels')} ${map('annotations')}}`
  return `{{${textIn(fieldOf(node, 'apiVersion'))} ${textIn(fieldOf(node, 'kind'))}} ${meta}}`
}

function expandLists(nodes: readonly YamlNode[]): YamlNode[] {
  const result: YamlNode[] = []
  const queue = [...nodes]
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const kind = kindOf(node)
    if (kind.endsWith('List')) checkList(node, kind)
    const items = kind.endsWith('List') ? fieldOf(node, 'items') : undefined
    if (items === undefined) {
      result.push(node)
      continue
    }
    if (isNull(items)) continue
    if (items.kind !== 'sequence')
      fail(
        `expected array in ${kind}/items, but found ${items.kind === 'mapping' ? 'map[string]interface {}' : 'string'}`,
        {
          code: 'wrong-node-kind',
          position: items.line > 0 ? items : undefined,
        },
      )
    queue.push(...keepGood(items.content))
  }
  return result
}

/** The items of a list are read by value, which a repeated key stops. */
function checkList(node: YamlNode, kind: string): void {
  const errors = decodeNode(node, 'kustomize').diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    fail(
      `trouble expanding list of ${kind}; received error ${goErrorText(errors)} for the following resource:\n${encodeYaml(node)}`,
      { code: 'yaml-value', position: errors[0]?.position, hint: errors[0]?.hint },
    )
}
