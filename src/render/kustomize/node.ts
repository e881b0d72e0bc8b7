import { encodeYaml } from '../../manifest/yaml/encode.ts'
import { blankNode, type NodeStyle, type YamlNode } from '../../manifest/yaml/node.ts'
import { resolvePlain } from '../../manifest/yaml/resolve.ts'
import { spendNodes } from './meter.ts'
import { fail } from './problem.ts'

/**
 * Reading and changing YAML trees the way kustomize's own functions do. Nodes are shared on purpose where kustomize
 * shares them (a label that a transformer adds in three places is one node), because later steps see that.
 */

/** A node that no text gave. An empty tag means that the value decides. */
export function makeNode(kind: YamlNode['kind'], fields: Partial<YamlNode> = {}): YamlNode {
  return Object.assign(blankNode(kind, '', 0, 0), fields)
}

export function scalar(value: string, tag = '', style: NodeStyle = 'plain'): YamlNode {
  return makeNode('scalar', { value, tag, style })
}

/** A scalar that is a string whatever its text is. */
export function stringNode(value: string): YamlNode {
  return scalar(value, '!!str', value.includes('\n') ? 'literal' : 'plain')
}

export function mapping(content: YamlNode[] = []): YamlNode {
  return makeNode('mapping', { content })
}

export function sequence(content: YamlNode[] = []): YamlNode {
  return makeNode('sequence', { content })
}

/**
 * A deep copy; anchors are gone before anything is copied, so that there are no targets to keep. A node that stands in
 * several places (only nodes that no text gave do) stands in them in the copy, too.
 */
export function copyNode(node: YamlNode): YamlNode {
  return copyInto(node, new Map())
}

function copyInto(node: YamlNode, made: Map<YamlNode, YamlNode>): YamlNode {
  if (node.line === 0) {
    const known = made.get(node)
    if (known !== undefined) return known
  }
  spendNodes()
  const { content } = node
  const copied: YamlNode[] = []
  for (let i = 0; i < content.length; i++) copied.push(copyInto(content[i] as YamlNode, made))
  const copy: YamlNode = {
    kind: node.kind,
    style: node.style,
    tag: node.tag,
    tagged: node.tagged,
    value: node.value,
    anchor: node.anchor,
    target: node.target,
    content: copied,
    headComment: node.headComment,
    lineComment: node.lineComment,
    footComment: node.footComment,
    line: node.line,
    column: node.column,
    file: node.file,
  }
  if (node.line === 0) made.set(node, copy)
  return copy
}

/** Turns a node into another one in place, so that everybody who shares it sees the change. */
export function become(node: YamlNode, other: YamlNode): void {
  if (node === other) return
  node.kind = other.kind
  node.style = other.style
  node.tag = other.tag
  node.tagged = other.tagged
  node.value = other.value
  node.anchor = other.anchor
  node.target = other.target
  node.content = other.content
  node.headComment = other.headComment
  node.lineComment = other.lineComment
  node.footComment = other.footComment
  node.line = other.line
  node.column = other.column
  node.file = other.file
}

export function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || node.tag === '!!null'
}

export function isEmptyMap(node: YamlNode | undefined): boolean {
  return node === undefined || isNull(node) || (node.kind === 'mapping' && node.content.length === 0)
}

/** Null, nothing, or a collection without entries. */
export function isEmpty(node: YamlNode | undefined): boolean {
  return (
    node === undefined ||
    node.tag === '!!null' ||
    ((node.kind === 'mapping' || node.kind === 'sequence') && node.content.length === 0)
  )
}

/** A scalar that is, or may be, a string. */
export function isStringNode(node: YamlNode): boolean {
  return node.kind === 'scalar' && (node.tag === '!!str' || node.tag === '')
}

export function textIn(node: YamlNode | undefined): string {
  return node === undefined || isNull(node) ? '' : node.value
}

const kindNames = {
  document: 'DocumentNode',
  mapping: 'MappingNode',
  sequence: 'SequenceNode',
  scalar: 'ScalarNode',
  alias: 'AliasNode',
} as const

/** Ends the step unless the node is of the kind; null and nothing pass. */
export function expectKind(node: YamlNode | undefined, kind: YamlNode['kind']): void {
  if (node === undefined || isNull(node) || node.kind === kind) return
  const { line, column, file } = node
  fail(
    `wrong node kind: expected ${kindNames[kind]} but got ${kindNames[node.kind]}: node contents:\n${encodeYaml(node)}`,
    { code: 'wrong-node-kind', position: line > 0 ? { file, line, column } : undefined },
  )
}

function indexOf(map: YamlNode, name: string): number {
  const { content } = map
  for (let i = 0; i < content.length; i += 2) if (content[i]?.value === name) return i
  return -1
}

/** The value of a field; undefined where the node is no mapping. Does not complain. */
export function fieldOf(node: YamlNode | undefined, name: string): YamlNode | undefined {
  if (node === undefined || node.kind !== 'mapping') return undefined
  const index = indexOf(node, name)
  return index < 0 ? undefined : node.content[index + 1]
}

/** The value of a field; a node that is no mapping is a problem. */
export function get(node: YamlNode | undefined, name: string): YamlNode | undefined {
  if (node === undefined || isNull(node)) return undefined
  expectKind(node, 'mapping')
  return fieldOf(node, name)
}

export function fieldNames(node: YamlNode): string[] {
  expectKind(node, 'mapping')
  const names: string[] = []
  if (node.kind === 'mapping') for (let i = 0; i < node.content.length; i += 2) names.push(node.content[i]?.value ?? '')
  return names
}

/** Takes a field away and returns its value. */
export function clear(node: YamlNode, name: string): YamlNode | undefined {
  expectKind(node, 'mapping')
  const index = node.kind === 'mapping' ? indexOf(node, name) : -1
  if (index < 0) return undefined
  const [, removed] = node.content.splice(index, 2)
  return removed
}

/** True for text that YAML 1.1 would not read as a string, which is why it has to be quoted. */
function needsQuotes(text: string): boolean {
  return text !== '' && !text.includes('\n') && resolvePlain(text, 'kubectl').tag !== '!!str'
}

interface SetOptions {
  readonly keyStyle?: NodeStyle
  /** Set even a null. */
  readonly keepNull?: boolean
}

function quoteWhereNeeded(value: YamlNode): void {
  if (isStringNode(value) && value.style === 'plain' && needsQuotes(value.value)) value.style = 'double'
}

/** Sets a field. The new value takes the style of the old one, in place; null takes the field away. */
export function setField(node: YamlNode, name: string, value: YamlNode | undefined, options: SetOptions = {}): void {
  if (value !== undefined) quoteWhereNeeded(value)
  if (value === undefined || (value.tag === '!!null' && options.keepNull !== true)) {
    clear(node, name)
    return
  }
  const field = get(node, name)
  if (field !== undefined) {
    value.style = field.style
    become(field, value)
    return
  }
  expectKind(node, 'mapping')
  node.content.push(scalar(name, '', options.keyStyle ?? 'plain'), value)
}

/** Replaces a scalar in place, keeping its style. */
export function setScalar(node: YamlNode, value: YamlNode): void {
  quoteWhereNeeded(value)
  expectKind(node, 'scalar')
  if (isNull(value)) return
  value.style = node.style
  become(node, value)
}

/** Follows fields; undefined where one is missing. Numbers index lists, `-` is the last item, `[name=value]` searches. */
export function lookup(node: YamlNode | undefined, path: readonly string[]): YamlNode | undefined {
  return follow(node, path, undefined)
}

/** Like `lookup`, but makes what is missing; the last node gets the kind. */
export function lookupCreate(node: YamlNode, path: readonly string[], kind: YamlNode['kind']): YamlNode | undefined {
  return follow(node, path, kind)
}

function follow(
  start: YamlNode | undefined,
  path: readonly string[],
  create: YamlNode['kind'] | undefined,
): YamlNode | undefined {
  let node = start
  for (let i = 0; i < path.length; i++) {
    if (node === undefined) return undefined
    const part = (path[i] as string).trim()
    if (part !== '') node = step(node, part, (path[i + 1] ?? '').trim(), create)
  }
  return node
}

/** Path parts that are no names start with one of these. */
const notAName = /^[-+\d*[]/

function step(node: YamlNode, part: string, next: string, create: YamlNode['kind'] | undefined): YamlNode | undefined {
  if (notAName.test(part)) {
    if (/^[-+]?\d+$/.test(part)) {
      const index = Number(part)
      if (index < 0) fail(`array index ${index} cannot be negative`)
      return elementsOf(node)[index]
    }
    if (part === '-') return elementsOf(node).at(-1)
    if (part === '*') fail('wildcard is not supported in PathGetter')
    if (isListIndex(part)) return element(node, part, create)
  }
  const found = get(node, part)
  if (found !== undefined || create === undefined || isNull(node)) return found
  const made = makeNode(kindForNext(next, create))
  setField(node, part, made)
  return made
}

function element(node: YamlNode, part: string, create: YamlNode['kind'] | undefined): YamlNode | undefined {
  const [name, value] = splitIndex(part)
  expectKind(node, 'sequence')
  const found = node.content.find(item =>
    name === '' ? item.value === value : item.kind === 'mapping' && fieldOf(item, name)?.value === value,
  )
  if (found !== undefined || create === undefined) return found
  const made = name === '' ? scalar(value) : mapping([scalar(name), scalar(value)])
  node.content.push(made)
  return made
}

/** What a path part needs below it. */
export function kindForNext(next: string, last: YamlNode['kind']): YamlNode['kind'] {
  if (isListIndex(next) || /^\+?\d+$/.test(next)) return 'sequence'
  return next === '' ? last : 'mapping'
}

export function isListIndex(part: string): boolean {
  return part.startsWith('[') && part.endsWith(']')
}

/** `[name=value]` into its two halves; `[=value]` searches scalars. */
export function splitIndex(part: string): [string, string] {
  const inner = part.replace(/\]$/, '').replace(/^\[/, '')
  const at = inner.indexOf('=')
  if (at < 0) fail('list path element must contain fieldName=fieldValue for element to match')
  return [inner.slice(0, at), inner.slice(at + 1)]
}

/** Items of a list; none for null. */
export function elementsOf(node: YamlNode | undefined): readonly YamlNode[] {
  expectKind(node, 'sequence')
  return node === undefined || node.kind !== 'sequence' ? [] : node.content
}
