import type { JsonValue } from '../json.ts'
import { hintFor } from './hint.ts'
import type { YamlNode } from './node.ts'
import type { YamlDiagnostic } from './parse.ts'
import { type Dialect, type Resolved, resolvePlain } from './resolve.ts'
import { parseTimestamp } from './timestamp.ts'

/** The value of a document; undefined where a problem leaves none. */
export interface Decoded {
  readonly value: JsonValue | undefined
  readonly diagnostics: readonly YamlDiagnostic[]
}

export interface DecodeOptions {
  /** Keys that occur twice are errors in the `kubectl` dialect too; otherwise they are warnings there. */
  readonly strict?: boolean
  /** Values that may be made in all, aliases expanded. Default 4 000 000. */
  readonly maxValues?: number
}

type MutableObject = Record<string, JsonValue>

interface Decoder {
  readonly dialect: Dialect
  readonly strict: boolean
  readonly maxValues: number
  readonly diagnostics: YamlDiagnostic[]
  readonly open: Set<YamlNode>
  values: number
  aliased: number
  aliasDepth: number
}

/** Ends decoding of the document; the diagnostic is already reported. */
class DecodeFailure extends Error {}

/**
 * The JSON value that a node stands for under the rules of a dialect: scalars resolved, aliases and merge keys expanded,
 * keys turned into strings. Problems carry positions; with an error among them there is no value. Never throws.
 */
export function decodeNode(node: YamlNode, dialect: Dialect, options: DecodeOptions = {}): Decoded {
  const decoder: Decoder = {
    dialect,
    strict: options.strict ?? false,
    maxValues: options.maxValues ?? 4_000_000,
    diagnostics: [],
    open: new Set(),
    values: 0,
    aliased: 0,
    aliasDepth: 0,
  }
  const { diagnostics } = decoder
  try {
    const value = decode(decoder, node)
    return { value: diagnostics.some(({ severity }) => severity === 'error') ? undefined : value, diagnostics }
  } catch (error) {
    if (!(error instanceof DecodeFailure)) throw error
    return { value: undefined, diagnostics }
  }
}

function report(d: Decoder, node: YamlNode, code: string, message: string, goText: string, warning = false): void {
  const { file, line, column } = node
  d.diagnostics.push({
    severity: warning ? 'warning' : 'error',
    code,
    message,
    hint: hintFor(message),
    ...(line > 0 ? { position: { file, line, column } } : {}),
    goText,
  })
}

function fail(d: Decoder, node: YamlNode, code: string, message: string, goText = `yaml: ${message}`): never {
  report(d, node, code, message, goText)
  throw new DecodeFailure(message)
}

function decode(d: Decoder, node: YamlNode): JsonValue {
  countValue(d, node)
  switch (node.kind) {
    case 'scalar':
      return decodeScalar(d, node)
    case 'mapping': {
      const object: MutableObject = {}
      decodeMapping(d, node, object, undefined)
      return object
    }
    case 'sequence': {
      const items: JsonValue[] = []
      for (const item of node.content) items.push(decode(d, item))
      return items
    }
    case 'alias':
      return throughAlias(d, node, target => decode(d, target))
    case 'document':
      return node.content.length === 1 ? decode(d, node.content[0]!) : null
  }
}

/** Bounds the work: Go allows 99 % of up to 400 000 values to come from aliases, less of more. */
function countValue(d: Decoder, node: YamlNode): void {
  d.values++
  if (d.aliasDepth > 0) d.aliased++
  if (d.aliased > 100 && d.values > 1000) {
    const beyond = Math.min(Math.max(d.values - 400_000, 0) / 3_600_000, 1)
    if (d.aliased / d.values > 0.99 - 0.89 * beyond) {
      fail(d, node, 'yaml-budget', 'document contains excessive aliasing')
    }
  }
  if (d.values > d.maxValues) fail(d, node, 'yaml-budget', 'document has too many nodes')
}

function throughAlias<T>(d: Decoder, node: YamlNode, use: (target: YamlNode) => T): T {
  const { target } = node
  if (target === undefined) return fail(d, node, 'yaml-value', `unknown anchor '${node.value}' referenced`)
  if (d.open.has(node)) return fail(d, node, 'yaml-value', `anchor '${node.value}' value contains itself`)
  d.open.add(node)
  d.aliasDepth++
  const result = use(target)
  d.aliasDepth--
  d.open.delete(node)
  return result
}

const resolvable = new Set(['', '!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp'])

/** Resolves a scalar with its tag and style under a dialect. Undefined where the tag does not fit the text. */
export function resolveScalar(node: YamlNode, dialect: Dialect): Resolved | undefined {
  const { tag, value, style } = node
  const plain = style === 'plain' || style === 'block' || style === 'flow'
  if (!node.tagged) {
    if (!plain) return { tag: '!!str', value }
    if (tag === '!!str' && dialect === 'kustomize') return { tag, value }
    return resolvePlain(value, dialect)
  }
  if (!resolvable.has(tag) || tag === '!!str') return { tag, value }
  const found = resolvePlain(value, dialect)
  if (found.tag === tag) return found
  if (tag === '!!float' && found.tag === '!!int') return { tag, value: Number(found.value) }
  return undefined
}

function failTag(d: Decoder, node: YamlNode): never {
  const { tag } = resolvePlain(node.value, d.dialect)
  return fail(d, node, 'yaml-value', `cannot decode ${tag} \`${node.value}\` as a ${node.tag}`)
}

function decodeScalar(d: Decoder, node: YamlNode): JsonValue {
  const { tag, value } = resolveScalar(node, d.dialect) ?? failTag(d, node)
  switch (tag) {
    case '!!timestamp':
      return d.dialect === 'kustomize' ? (parseTimestamp(node.value) ?? node.value) : node.value
    case '!!binary':
      return decodeBinary(d, node)
    case '!!float':
      if (!Number.isFinite(value)) {
        const text = Number.isNaN(value) ? 'NaN' : (value as number) > 0 ? '+Inf' : '-Inf'
        report(d, node, 'yaml-value', `unsupported value: ${text}`, `json: unsupported value: ${text}`)
        return null
      }
      return value
    case '!!int':
      // JSON readers of Kubernetes take what is no int64 as a float.
      return typeof value === 'bigint' && value > 9223372036854775807n ? Number(value) : value
    default:
      return value
  }
}

function decodeBinary(d: Decoder, node: YamlNode): string {
  const text = node.value.replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    return fail(d, node, 'yaml-value', '!!binary value contains invalid base64 data')
  }
  return Buffer.from(text, 'base64').toString('utf8')
}

function isMerge(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === '<<' && (node.tag === '!!merge' || node.tag === '')
}

/** Adds the entries of a mapping to an object. `taken` are keys that a merged mapping must leave alone. */
function decodeMapping(d: Decoder, node: YamlNode, object: MutableObject, taken: Set<string> | undefined): void {
  const { content } = node
  const kustomize = d.dialect === 'kustomize'
  if (kustomize && !reportDuplicates(d, node)) return
  const seen = kustomize || taken !== undefined ? undefined : object
  let merged: YamlNode | undefined
  for (let i = 0; i + 1 < content.length; i += 2) {
    const keyNode = content[i]!
    const valueNode = content[i + 1]!
    if (isMerge(keyNode)) {
      if (kustomize) merged = valueNode
      else mergeInto(d, valueNode, object, new Set())
      continue
    }
    const key = decodeKey(d, keyNode)
    if (taken !== undefined && kustomize) {
      if (taken.has(key)) continue
      taken.add(key)
    }
    const value = decode(d, valueNode)
    if (seen !== undefined && seen[key] !== undefined && Object.hasOwn(seen, key)) {
      const goText = `line ${valueNode.line}: key ${quoteGo(key)} already set in map`
      report(d, keyNode, 'yaml-duplicate-key', `key ${quoteGo(key)} already set in map`, goText, !d.strict)
    }
    setKey(object, key, value)
  }
  if (merged !== undefined) mergeInto(d, merged, object, taken ?? new Set(Object.keys(object)))
}

function setKey(object: MutableObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else object[key] = value
}

/** A merge key takes a mapping or a sequence of mappings; of these the first wins under both dialects. */
function mergeInto(d: Decoder, node: YamlNode, object: MutableObject, taken: Set<string>): void {
  const nodes = node.kind === 'sequence' ? [...node.content] : [node]
  if (d.dialect === 'kubectl') nodes.reverse()
  if (node.kind === 'sequence') countValue(d, node)
  for (const source of nodes) {
    const target = source.kind === 'alias' ? source.target : source
    if (target?.kind !== 'mapping') {
      fail(d, source, 'yaml-value', 'map merge requires map or sequence of maps as the value')
    }
    countValue(d, source)
    if (source.kind === 'alias') throughAlias(d, source, found => decodeMapping(d, found, object, taken))
    else decodeMapping(d, source, object, taken)
  }
}

function decodeKey(d: Decoder, node: YamlNode): string {
  if (node.kind === 'alias') return throughAlias(d, node, target => decodeKey(d, target))
  if (node.kind !== 'scalar') return fail(d, node, 'yaml-value', 'invalid map key')
  countValue(d, node)
  if (!node.tagged && node.style === 'plain' && node.tag === '!!str' && d.dialect === 'kustomize') return node.value
  const resolved = resolveScalar(node, d.dialect) ?? failTag(d, node)
  const { tag, value } = resolved
  if (tag === '!!binary') return decodeBinary(d, node)
  if (typeof value === 'string') return value
  if (d.dialect === 'kubectl') {
    if (typeof value === 'boolean') return String(value)
    if (typeof value === 'bigint' && value <= 9223372036854775807n) return String(value)
    if (typeof value === 'number') {
      return tag === '!!float' ? formatFloat32(value) : String(value)
    }
    return fail(d, node, 'yaml-value', `unsupported map key ${node.value === '' ? 'null' : node.value}`)
  }
  const message = `map key ${node.value === '' ? 'null' : node.value} is no string`
  return fail(d, node, 'yaml-value', message, 'json: unsupported type: map[interface {}]interface {}')
}

/** A float as Go prints it with %g and 32 bits, which is what sigs.k8s.io/yaml makes of a float key. */
function formatFloat32(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (Object.is(value, -0)) return '-0'
  if (!Number.isFinite(Math.fround(value))) return value > 0 ? '.inf' : '-.inf'
  const single = Math.fround(value)
  let digits = 1
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits++
  const [mantissa = '0', exponent = '0'] = single.toExponential(digits - 1).split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return String(Number(single.toPrecision(digits)))
}

/**
 * Reports keys that occur twice the way yaml.v3 compares them: by kind and text, each pair, in the order of the first. Gives
 * false where there are any.
 */
function reportDuplicates(d: Decoder, node: YamlNode): boolean {
  const { content } = node
  if (content.length < 4) return true
  const groups = new Map<string, YamlNode[]>()
  for (let i = 0; i < content.length; i += 2) {
    const key = content[i]!
    const id = key.kind === 'scalar' ? key.value : `\0${key.kind}\0${key.value}`
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [key])
    else group.push(key)
  }
  if (groups.size * 2 === content.length) return true
  let left = 100
  for (let i = 0; i < content.length && left > 0; i += 2) {
    const first = content[i]!
    const group = groups.get(first.kind === 'scalar' ? first.value : `\0${first.kind}\0${first.value}`)!
    for (const key of group.slice(group.indexOf(first) + 1).slice(0, left)) {
      const message = `mapping key ${quoteGo(key.value)} already defined at line ${first.line}`
      report(d, key, 'yaml-duplicate-key', message, `line ${key.line}: ${message}`)
      left--
    }
  }
  return false
}

/** A string in double quotes as Go's %#v prints it. */
function quoteGo(text: string): string {
  return JSON.stringify(text)
}

/**
 * The error text of Go for a list of problems: the first that ends the decoding, or else all mismatches together, or else
 * the first thing that JSON does not have.
 */
export function goErrorText(diagnostics: readonly YamlDiagnostic[]): string {
  const texts = diagnostics.filter(({ severity }) => severity === 'error').map(({ goText }) => goText)
  const fatal = texts.find(text => text.startsWith('yaml: '))
  if (fatal !== undefined) return fatal
  const mismatches = texts.filter(text => !text.startsWith('json: '))
  if (mismatches.length === 0) return texts[0] ?? ''
  return `yaml: unmarshal errors:\n${mismatches.map(text => `  ${text}`).join('\n')}`
}
