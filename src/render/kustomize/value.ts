import { goQuote } from '../../manifest/go-text.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { encodeYaml } from '../../manifest/yaml/encode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { type Resolved, resolvePlain } from '../../manifest/yaml/resolve.ts'
import { parseTimestamp } from '../../manifest/yaml/timestamp.ts'
import { formatFloatG } from './go-text.ts'
import { makeNode, mapping, scalar, sequence } from './node.ts'
import { fail } from './problem.ts'
import { parseText } from './yaml-text.ts'

/**
 * The JSON value of a tree as it is after kustomize has printed the tree and read it again, which is its way to the
 * output: the tag of a node counts only where its text agrees, and quotes make a string.
 */
export function toValue(node: YamlNode): JsonValue {
  switch (node.kind) {
    case 'document':
      return node.content[0] === undefined ? null : toValue(node.content[0])
    case 'mapping':
      return toObject(node)
    case 'sequence':
      return node.content.map(toValue)
    case 'alias':
      return node.target === undefined ? null : toValue(node.target)
    case 'scalar':
      return scalarValue(node)
  }
}

/** The object of a mapping; a problem where a key is repeated or is no string. */
export function toObject(node: YamlNode): JsonObject {
  const object: Record<string, JsonValue> = {}
  const { content } = node
  for (let i = 0; i < content.length; i += 2) {
    const key = content[i] as YamlNode
    const value = content[i + 1] as YamlNode
    const name = keyText(key)
    if (Object.hasOwn(object, name)) repeatedKey(node, key)
    if (name === '__proto__')
      Object.defineProperty(object, name, {
        value: toValue(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    else object[name] = toValue(value)
  }
  return object
}

function keyText(key: YamlNode): string {
  if (key.tag === '!!str' || key.style !== 'plain') return key.value
  const value = toValue(key)
  if (typeof value !== 'string')
    fail('json: unsupported type: map[interface {}]interface {}', {
      code: 'key-not-a-string',
      position: key.line > 0 ? key : undefined,
      hint: `put the key ${key.value} in quotes`,
    })
  return value
}

function repeatedKey(node: YamlNode, key: YamlNode): never {
  const first = node.content.find((other, i) => i % 2 === 0 && other.value === key.value)
  fail(
    `yaml: unmarshal errors:\n  line ${key.line}: mapping key ${goQuote(key.value)} already defined at line ${first?.line ?? 0}`,
    { code: 'repeated-key', position: key.line > 0 ? key : undefined, hint: 'remove one of the two' },
  )
}

/** Text that its style does not carry through printing and reading unchanged. */
const fragile = /^\s|\t|[\r\u0085\u2028\u2029\ufeff]/

/** Block text as it is after a print; folded text with deeper lines gains line breaks, some other text breaks. */
function blockValue(node: YamlNode): string {
  const isFolded = node.style === 'folded'
  const isLiteral = node.style === 'literal' || (node.style === 'plain' && node.value.includes('\n'))
  if (!isFolded && !(isLiteral && fragile.test(node.value))) return node.value
  const printed = parseText(encodeYaml(mapping([scalar('k'), node])))
  return printed.content[1]?.value ?? node.value
}

function scalarValue(node: YamlNode): JsonValue {
  const { tag, value } = node
  if (tag === '!!str') return blockValue(node)
  const resolved = resolvePlain(value, 'kustomize')
  if (tag === '' || (tag === resolved.tag && !node.tagged)) {
    if (node.style !== 'plain' || value.includes('\n')) return blockValue(node)
    return jsonOf(resolved, node)
  }
  return taggedValue(node, resolved)
}

function jsonOf(resolved: Resolved, node: YamlNode): JsonValue {
  if (resolved.tag === '!!timestamp') return parseTimestamp(String(resolved.value)) ?? resolved.value
  if (typeof resolved.value === 'number' && !Number.isFinite(resolved.value))
    fail(`json: unsupported value: ${formatFloatG(resolved.value)}`, {
      code: 'not-a-number',
      position: node.line > 0 ? node : undefined,
    })
  return resolved.value
}

/** A scalar whose tag is written out, because its text alone would be something else. */
function taggedValue(node: YamlNode, resolved: Resolved): JsonValue {
  const { tag, value } = node
  switch (tag) {
    case '!!binary':
      return Buffer.from(value, 'base64').toString('utf8')
    case '!!float':
      if (resolved.tag === '!!int') return Number(resolved.value)
      break
    case '!!bool':
    case '!!int':
    case '!!null':
    case '!!timestamp':
      break
    default:
      return value
  }
  if (tag === resolved.tag) return jsonOf(resolved, node)
  return fail(`cannot decode ${resolved.tag} \`${value}\` as a ${tag}`, {
    code: 'wrong-value-type',
    position: node.line > 0 ? node : undefined,
  })
}

/** The tree of a JSON value, keys sorted, as kustomize builds it from parsed JSON (where every number is a float64). */
export function fromValue(value: JsonValue): YamlNode {
  if (value === null) return scalar('null', '!!null')
  if (Array.isArray(value)) return Object.assign(sequence(value.map(fromValue)), { tag: '!!seq' })
  switch (typeof value) {
    case 'boolean':
      return scalar(String(value), '!!bool')
    case 'number':
    case 'bigint':
      return fromNumber(Number(value))
    case 'string':
      return fromString(value)
    default:
      return fromObject(value as JsonObject)
  }
}

function fromObject(object: JsonObject): YamlNode {
  const node = Object.assign(mapping(), { tag: '!!map' })
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (value !== undefined) node.content.push(fromString(name), fromValue(value))
  }
  return node
}

function fromNumber(value: number): YamlNode {
  const text = formatFloatG(value)
  return scalar(text, resolvePlain(text, 'kustomize').tag)
}

function fromString(value: string): YamlNode {
  if (value.includes('\n')) return scalar(value, '!!str', 'literal')
  const plain = value !== '' && resolvePlain(value, 'kubectl').tag === '!!str'
  return makeNode('scalar', { value, tag: '!!str', style: plain ? 'plain' : 'double' })
}
