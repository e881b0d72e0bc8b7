import { isObject, type JsonValue } from '../../manifest/json.ts'
import { decodeNode, resolveScalar } from '../../manifest/yaml/decode.ts'
import { encodeYaml } from '../../manifest/yaml/encode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { resolvePlain } from '../../manifest/yaml/resolve.ts'
import type { SopsType } from '../cipher.ts'
import { SopsError } from '../failure.ts'
import { goFixed } from '../go-fixed.ts'
import type { Leaf, SopsFile } from '../leaf.ts'

const SECTION = 'sops'

/** A YAML or JSON file; of several documents, the first has the metadata, and the check sum goes over all. Throws a `SopsError`. */
export function readYamlFile(text: string, output: 'yaml' | 'json'): SopsFile {
  const { documents, diagnostics } = parseYaml(text, { file: '' })
  const problem = diagnostics.find(({ severity }) => severity === 'error')
  if (problem !== undefined) throw new SopsError(`line ${problem.position?.line}: ${problem.message}`)
  const roots = documents.flatMap(document => document.content.slice(0, 1))
  if (roots.length === 0 || roots.some(({ kind }) => kind !== 'mapping'))
    throw new SopsError('a document of the file is no mapping')
  const sections = roots.map(takeSection)
  const leaves: Leaf[] = []
  for (const root of roots) collect(root, [], [], leaves)
  return {
    section: sections[0],
    leaves,
    write() {
      for (const document of documents) dropEncryptedComments(document)
      if (output === 'yaml') return Buffer.from(documents.map(document => encodeYaml(document)).join('---\n'))
      if (roots.length !== 1) throw new SopsError('several documents are no JSON')
      return Buffer.from(`${jsonText(decodeNode(roots[0]!, 'kustomize').value ?? null)}\n`)
    },
  }
}

/** The section of a document, which is taken out of it. */
function takeSection(root: YamlNode): JsonValue | undefined {
  for (let i = 0; i + 1 < root.content.length; i += 2) {
    if (root.content[i]?.value !== SECTION) continue
    const [, value] = root.content.splice(i, 2)
    return value === undefined ? undefined : decodeNode(value, 'kustomize').value
  }
  return undefined
}

function collect(node: YamlNode, path: readonly string[], comments: readonly string[], leaves: Leaf[]): void {
  switch (node.kind) {
    case 'mapping':
      for (let i = 0; i + 1 < node.content.length; i += 2) {
        const [key, value] = [node.content[i]!, node.content[i + 1]!]
        collect(value, [...path, key.value], [...comments, ...commentsOf(key), ...commentsOf(value)], leaves)
      }
      return
    case 'sequence':
      for (const item of node.content) collect(item, path, [...comments, ...commentsOf(item)], leaves)
      return
    case 'scalar': {
      const canonical = canonicalOf(node)
      if (canonical === undefined) return
      const set = (type: SopsType, bytes: Buffer) => setScalar(node, type, bytes.toString())
      leaves.push({ path, comments, isComment: false, text: node.value, canonical, set })
      return
    }
    default:
      throw new SopsError(`line ${node.line}: aliases cannot be in an encrypted file`)
  }
}

/** The texts of a node's comments, as SOPS matches them: without their first `#`. */
function commentsOf({ headComment, lineComment }: YamlNode): readonly string[] {
  return `${headComment}\n${lineComment}`
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.replace(/^\s*#/, ''))
}

/** A value as the check sum sees it; undefined for null, which it does not see. */
function canonicalOf(node: YamlNode): string | undefined {
  const resolved = resolveScalar(node, 'kustomize')
  if (resolved === undefined) throw new SopsError(`line ${node.line}: the tag does not fit the value`)
  const { tag, value } = resolved
  switch (tag) {
    case '!!null':
      return undefined
    case '!!bool':
      return value === true ? 'True' : 'False'
    case '!!int':
      return String(value)
    case '!!float':
      return goFixed(Number(value))
    default:
      return node.value
  }
}

const TAGS: Readonly<Partial<Record<SopsType, string>>> = {
  int: '!!int',
  float: '!!float',
  bool: '!!bool',
  time: '!!timestamp',
}

function setScalar(node: YamlNode, type: SopsType, text: string): void {
  const tag = TAGS[type] ?? '!!str'
  node.tag = tag
  node.tagged = false
  // What older readers take for a boolean must stay a text for them.
  node.style = tag === '!!str' && resolvePlain(text, 'kubectl').tag !== '!!str' ? 'double' : 'plain'
  node.value = type === 'bool' ? text.toLowerCase() : text
}

const ENCRYPTED_COMMENT = /^\s*#\s*ENC\[AES256_GCM,.*$\n?/gm

function dropEncryptedComments(node: YamlNode): void {
  node.headComment = node.headComment.replace(ENCRYPTED_COMMENT, '')
  node.lineComment = node.lineComment.replace(ENCRYPTED_COMMENT, '')
  node.footComment = node.footComment.replace(ENCRYPTED_COMMENT, '')
  for (const child of node.content) dropEncryptedComments(child)
}

/** JSON with tabs; integers beyond 2^53 in full. */
function jsonText(value: JsonValue, indent = ''): string {
  const inner = `${indent}\t`
  const lines = (open: string, items: readonly string[], close: string) =>
    items.length === 0 ? open + close : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => jsonText(item, inner))
    return lines('[', items, ']')
  }
  if (!isObject(value)) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item ?? null, inner)}`)
  return lines('{', entries, '}')
}
