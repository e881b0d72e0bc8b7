import type { Diagnostic, Position } from '../diagnostic.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts'
import { decodeNode } from './decode.ts'
import { parseJson } from './json-text.ts'
import { blankNode, type YamlNode } from './node.ts'
import { nodeAt, positionOf } from './node-tools.ts'
import { defaultBudget, parseYaml, type YamlBudget } from './parse.ts'
import type { Dialect } from './resolve.ts'

/** One object of a manifest file. `node` is its mapping; for JSON text it is read when first asked for. */
export interface Manifest {
  readonly node: YamlNode
  readonly value: JsonObject
  readonly position: Position
}

export interface Manifests {
  readonly manifests: readonly Manifest[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface ReadOptions {
  readonly file: string
  readonly dialect: Dialect
  readonly budget?: Partial<YamlBudget>
  /** Duplicate keys are errors in the `kubectl` dialect too. */
  readonly strict?: boolean
}

/**
 * Reads the Kubernetes objects of a YAML stream or JSON text. Empty documents are skipped and lists (`kind: List`, or any
 * `…List` with items and no name) give their items. What is broken or is no object is left out and reported; the rest is
 * still given. Never throws.
 */
export function readManifests(text: string | Uint8Array, options: ReadOptions): Manifests {
  const diagnostics: Diagnostic[] = []
  const manifests: Manifest[] = []
  const add = (value: JsonValue, node: () => YamlNode): void => {
    addManifest(value, node, manifests, diagnostics)
  }
  const { bytes, depth } = { ...defaultBudget, ...options.budget }
  const json = text.length > bytes ? undefined : parseJson(text, depth)
  if (json !== undefined) {
    let root: YamlNode | undefined
    const node = (): YamlNode => {
      root ??= parseYaml(text, options).documents[0]?.content[0] ?? emptyRoot(options.file)
      return root
    }
    add(json, node)
    return { manifests, diagnostics }
  }
  const { documents, diagnostics: problems } = parseYaml(text, options)
  diagnostics.push(...problems)
  for (const document of documents) {
    const decoded = decodeNode(document, options.dialect, options)
    diagnostics.push(...decoded.diagnostics)
    const node = document.content[0]
    if (decoded.value === undefined || decoded.value === null || node === undefined) continue
    add(decoded.value, () => node)
  }
  diagnostics.sort(byPosition)
  return { manifests, diagnostics }
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  const line = (a.position?.line ?? 0) - (b.position?.line ?? 0)
  return line === 0 ? (a.position?.column ?? 0) - (b.position?.column ?? 0) : line
}

function emptyRoot(file: string): YamlNode {
  return { ...blankNode('mapping', file, 1, 1), style: 'flow', tag: '!!map' }
}

function addManifest(value: JsonValue, node: () => YamlNode, into: Manifest[], diagnostics: Diagnostic[]): void {
  const problem = findProblem(value, node)
  if (problem !== undefined) {
    diagnostics.push(problem)
    return
  }
  const object = value as JsonObject
  const items = listItems(object)
  if (items !== undefined) {
    items.forEach((item, i) => {
      addManifest(item, () => nodeAt(node(), ['items', i]) ?? node(), into, diagnostics)
    })
    return
  }
  into.push({
    get node() {
      return node()
    },
    value: object,
    get position() {
      return positionOf(node())
    },
  })
}

function nameOf({ metadata }: JsonObject): JsonValue | undefined {
  return isObject(metadata) ? (metadata['name'] ?? metadata['generateName']) : undefined
}

function listItems(object: JsonObject): JsonArray | undefined {
  const { kind, items } = object
  if (typeof kind !== 'string' || !kind.endsWith('List') || !isArray(items)) return undefined
  return kind === 'List' || nameOf(object) === undefined ? items : undefined
}

/** What keeps a value from being a Kubernetes object. */
function findProblem(value: JsonValue, node: () => YamlNode): Diagnostic | undefined {
  const problem = (code: string, message: string, hint: string, path: string[]): Diagnostic => {
    const at = nodeAt(node(), path) ?? nodeAt(node(), path.slice(0, -1)) ?? node()
    return { severity: 'error', code, message, hint, position: positionOf(at) }
  }
  if (!isObject(value)) {
    const message = 'the document is no Kubernetes object: it is not a mapping'
    return problem('manifest-not-an-object', message, 'start it with apiVersion, kind and metadata', [])
  }
  const { apiVersion, kind } = value
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    const hint = 'add apiVersion, for example "v1"'
    return problem('manifest-without-api-version', 'apiVersion is not set', hint, ['apiVersion'])
  }
  if (typeof kind !== 'string' || kind === '') {
    return problem('manifest-without-kind', 'kind is not set', 'add kind, for example "ConfigMap"', ['kind'])
  }
  const name = nameOf(value)
  if (listItems(value) !== undefined || (typeof name === 'string' && name !== '')) return undefined
  const message = `${kind}: metadata.name ${name === undefined ? 'is not set' : 'is no string'}`
  return problem('manifest-without-name', message, 'give the object a name in metadata.name', ['metadata', 'name'])
}
