import { writeDoubleQuoted, writeFolded, writeLiteral, writePlain, writeSingleQuoted } from './emit-scalar.ts'
import {
  createEmitter,
  type Emitter,
  increaseIndent,
  putBreak,
  writeComment,
  writeEndComments,
  writeHeadComment,
  writeIndent,
  writeIndicator,
} from './emitter.ts'
import type { YamlNode } from './node.ts'
import { escapeTag, isSimple, planScalar, type ScalarPlan, selectStyle, tagOf } from './scalar-plan.ts'

export interface EncodeOptions {
  /** `compact` (default, as kustomize prints): `-` in the column of the key above it. `wide`: two columns deeper. */
  readonly sequences?: 'compact' | 'wide'
}

/** Where a node stands: decides indentation, and what style a scalar may have. */
interface Context {
  readonly inMapping: boolean
  readonly inBlockSequence: boolean
  readonly simpleKey: boolean
}

const inRoot: Context = { inMapping: false, inBlockSequence: false, simpleKey: false }
const inSequence: Context = { inMapping: false, inBlockSequence: true, simpleKey: false }
const inFlowSequence: Context = { inMapping: false, inBlockSequence: false, simpleKey: false }
const inMapping: Context = { inMapping: true, inBlockSequence: false, simpleKey: false }
const inKey: Context = { inMapping: true, inBlockSequence: false, simpleKey: true }

/**
 * Writes a node as yaml.v3's encoder does with an indentation of two: the text of one document, ended by a line break.
 * Styles, comments, anchors and tags are kept; plain scalars that would be read as something else are quoted. Throws a
 * RangeError for a tree that is deeper than the stack.
 */
export function encodeYaml(node: YamlNode, options: EncodeOptions = {}): string {
  const e = createEmitter(options.sequences !== 'wide', Number.POSITIVE_INFINITY)
  const document = node.kind === 'document' ? node : undefined
  if (document !== undefined && document.headComment !== '') {
    e.head = document.headComment
    writeHeadComment(e)
    putBreak(e)
  }
  for (const root of document?.content ?? [node]) {
    takeStartComments(e, root, '')
    writeHeadComment(e)
    writeNode(e, root, inRoot)
  }
  if (document !== undefined && document.footComment !== '') e.foot = document.footComment
  e.footIndent = 0
  if (e.foot !== '') {
    writeIndent(e)
    writeComment(e, e.foot)
  }
  e.footIndent = -1
  writeIndent(e)
  return e.out
}

/** Takes over the comments that come with the start of a node; a pending one of the same sort gives way. */
function takeStartComments(e: Emitter, node: YamlNode, tail: string): void {
  if (node.headComment !== '') e.head = node.headComment
  if (node.kind === 'scalar' || node.kind === 'alias') {
    if (node.lineComment !== '') e.line = node.lineComment
    if (node.footComment !== '') e.foot = node.footComment
  }
  if (tail !== '' && (node.kind === 'scalar' || node.kind === 'mapping')) e.tail = tail
}

function takeEndComments(e: Emitter, node: YamlNode, tail: string): void {
  if (node.lineComment !== '') e.line = node.lineComment
  if (node.footComment !== '') e.foot = node.footComment
  if (tail !== '') e.tail = tail
}

/** Writes a node whose start comments are taken. The comments behind and below it are written where it starts. */
function writeNode(e: Emitter, node: YamlNode, context: Context): void {
  switch (node.kind) {
    case 'scalar':
      writeScalar(e, node, planScalar(node), context)
      writeEndComments(e)
      return
    case 'alias':
      writeIndicator(e, '*', true, false, false)
      writeName(e, node.value)
      writeEndComments(e)
      return
    case 'document':
      for (const child of node.content) writeNode(e, child, context)
      return
    default:
      writeProperties(e, node.anchor, tagOf(node))
      writeEndComments(e)
      writeContent(e, node, context)
  }
}

function writeContent(e: Emitter, node: YamlNode, context: Context): void {
  const flow = e.flowLevel > 0 || node.style === 'flow' || node.content.length === 0
  if (node.kind === 'sequence') {
    if (flow) writeFlowSequence(e, node, context)
    else writeSequence(e, node, context)
  } else if (flow) writeFlowMapping(e, node, context)
  else writeMapping(e, node, context)
}

function writeName(e: Emitter, name: string): void {
  e.out += name
  e.column += name.length
}

function writeProperties(e: Emitter, anchor: string, tag: string): void {
  if (anchor !== '') {
    writeIndicator(e, '&', true, false, false)
    writeName(e, anchor)
  }
  if (tag === '') return
  if (!e.whitespace) writeName(e, ' ')
  if (tag.startsWith('!!')) writeName(e, `!!${escapeTag(tag.slice(2))}`)
  else if (tag.startsWith('!')) writeName(e, `!${escapeTag(tag.slice(1))}`)
  else writeName(e, `!<${escapeTag(tag)}>`)
  e.whitespace = false
  e.indention = false
}

function writeScalar(e: Emitter, node: YamlNode, plan: ScalarPlan, context: Context): void {
  const { value } = node
  const { simpleKey } = context
  const style = selectStyle(plan, value === '', e.flowLevel > 0, simpleKey)
  writeProperties(e, node.anchor, plan.tag)
  const before = increaseIndent(e, true, context.inBlockSequence, false)
  switch (style) {
    case 'single':
      writeSingleQuoted(e, value, !simpleKey)
      break
    case 'double':
      writeDoubleQuoted(e, value, !simpleKey)
      break
    case 'literal':
      writeLiteral(e, value)
      break
    case 'folded':
      writeFolded(e, value)
      break
    default:
      writePlain(e, value, !simpleKey)
  }
  e.indent = before
}

function writeSequence(e: Emitter, node: YamlNode, context: Context): void {
  let before = e.indent
  let first = true
  for (const item of node.content) {
    takeStartComments(e, item, '')
    if (first) {
      const compact = context.inMapping && (e.column === 0 || !e.indention) && e.compact
      before = increaseIndent(e, false, context.inBlockSequence, compact)
      first = false
    }
    writeHeadComment(e)
    writeIndent(e)
    writeIndicator(e, '-', true, false, true)
    writeNode(e, item, inSequence)
  }
  takeEndComments(e, node, '')
  e.indent = before
}

function writeMapping(e: Emitter, node: YamlNode, context: Context): void {
  const { content } = node
  let before = e.indent
  let tail = ''
  for (let i = 0; i + 1 < content.length; i += 2) {
    const value = content[i + 1]!
    let key = content[i]!
    const foot = key.footComment
    if (foot !== '') key = { ...key, footComment: '' }
    takeStartComments(e, key, tail)
    tail = foot
    if (i === 0) before = increaseIndent(e, false, context.inBlockSequence, false)
    writeHeadComment(e)
    writeIndent(e)
    if (e.line !== '') {
      e.keyLine = e.line
      e.line = ''
    }
    writeKey(e, key, true)
    takeStartComments(e, value, '')
    if (e.keyLine !== '') writeKeyComment(e, value)
    writeNode(e, value, inMapping)
  }
  takeEndComments(e, node, tail)
  writeHeadComment(e)
  e.indent = before
}

/** Writes a key and its colon; a key that is long, has several lines or is no scalar begins with `?`. */
function writeKey(e: Emitter, key: YamlNode, block: boolean): void {
  if (key.kind === 'scalar') {
    const plan = planScalar(key)
    if (isSimple(key, plan)) {
      writeScalar(e, key, plan, inKey)
      writeIndicator(e, ':', false, false, false)
      return
    }
  } else if (key.kind === 'alias' && key.value.length <= 128) {
    writeIndicator(e, '*', true, false, false)
    writeName(e, key.value)
    writeIndicator(e, ':', false, false, false)
    return
  } else if (key.content.length === 0 && key.kind !== 'alias') {
    writeProperties(e, key.anchor, tagOf(key))
    writeContent(e, key, inKey)
    writeIndicator(e, ':', false, false, false)
    return
  }
  writeIndicator(e, '?', true, false, block)
  if (key.kind === 'scalar') writeScalar(e, key, planScalar(key), inMapping)
  else if (key.kind === 'alias') {
    writeIndicator(e, '*', true, false, false)
    writeName(e, key.value)
  } else {
    writeProperties(e, key.anchor, tagOf(key))
    writeContent(e, key, inMapping)
  }
  if (block) writeIndent(e)
  writeIndicator(e, ':', true, false, block)
}

/** A comment behind a key goes behind a scalar value, and before an indented block. */
function writeKeyComment(e: Emitter, value: YamlNode): void {
  if (value.kind === 'scalar') {
    if (e.line !== '') return
    e.line = e.keyLine
    e.keyLine = ''
  } else if (value.kind !== 'alias' && value.style !== 'flow') {
    const { line, foot } = e
    e.line = e.keyLine
    e.foot = ''
    writeEndComments(e)
    e.keyLine = line
    e.line = ''
    e.foot = foot
  }
}

function writeFlowSequence(e: Emitter, node: YamlNode, context: Context): void {
  const { content } = node
  writeIndicator(e, '[', true, true, false)
  const before = increaseIndent(e, true, context.inBlockSequence, false)
  e.flowLevel++
  let comma = false
  for (const item of content) {
    takeStartComments(e, item, '')
    if (comma) writeIndicator(e, ',', false, false, false)
    writeHeadComment(e)
    if (e.column === 0 || e.column > e.width) writeIndent(e)
    comma = writeFlowValue(e, item, inFlowSequence)
  }
  takeEndComments(e, node, '')
  e.flowLevel--
  e.indent = before
  if (e.column === 0) writeIndent(e)
  writeIndicator(e, ']', false, false, false)
  writeEndComments(e)
}

/** Writes a value in a flow collection. Gives false where the comma is already written, before its comments. */
function writeFlowValue(e: Emitter, node: YamlNode, context: Context): boolean {
  const trail = e.line !== '' || e.foot !== '' || e.tail !== ''
  if (node.kind === 'scalar') writeScalar(e, node, planScalar(node), context)
  else if (node.kind === 'alias') {
    writeIndicator(e, '*', true, false, false)
    writeName(e, node.value)
  } else writeProperties(e, node.anchor, tagOf(node))
  if (e.line !== '' || e.foot !== '' || e.tail !== '') writeIndicator(e, ',', false, false, false)
  writeEndComments(e)
  if (node.kind === 'sequence' || node.kind === 'mapping') writeContent(e, node, context)
  return !trail
}

function writeFlowMapping(e: Emitter, node: YamlNode, context: Context): void {
  const { content } = node
  writeIndicator(e, '{', true, true, false)
  const before = increaseIndent(e, true, context.inBlockSequence, false)
  e.flowLevel++
  let comma = false
  let tail = ''
  for (let i = 0; i + 1 < content.length; i += 2) {
    let key = content[i]!
    const foot = key.footComment
    if (foot !== '') key = { ...key, footComment: '' }
    takeStartComments(e, key, tail)
    tail = foot
    if (comma) writeIndicator(e, ',', false, false, false)
    writeHeadComment(e)
    if (e.column === 0 || e.column > e.width) writeIndent(e)
    writeKey(e, key, false)
    const value = content[i + 1]!
    takeStartComments(e, value, '')
    comma = writeFlowValue(e, value, inMapping)
  }
  takeEndComments(e, node, tail)
  if (comma && (e.head !== '' || e.foot !== '' || e.tail !== '')) writeIndicator(e, ',', false, false, false)
  writeHeadComment(e)
  e.flowLevel--
  e.indent = before
  writeIndicator(e, '}', false, false, false)
  writeEndComments(e)
}
