import { compareText } from '../../manifest/compare-text.ts'
import { goJson } from '../../manifest/go-text.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { elementsOf, lookup } from './node.ts'
import { matchPath } from './path-match.ts'
import { Problem } from './problem.ts'
import { toValue } from './value.ts'
import { nodeText, parseText } from './yaml-text.ts'

/**
 * Edits a field inside of text that is YAML or JSON itself (a ConfigMap entry): the path leads to the text and goes on in
 * it. False where there is no such text or the edit does not work; then nothing has changed.
 */
export function editStructuredText(
  object: YamlNode,
  path: readonly string[],
  create: YamlNode['kind'] | undefined,
  edit: (field: YamlNode) => void,
): boolean {
  try {
    const split = findText(object, path)
    if (split === undefined) return false
    const { text, rest } = split
    const inner = parseText(text.value)
    const fields = elementsOf(matchPath(inner, rest, create))
    if (inner === undefined || fields.length === 0) return false
    for (const field of fields) edit(field)
    text.value = print(inner, text.value)
    return true
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}

function findText(
  object: YamlNode,
  path: readonly string[],
): { readonly text: YamlNode; readonly rest: readonly string[] } | undefined {
  for (let i = 1; i < path.length; i++) {
    const text = tryLookup(object, path.slice(0, i))
    if (text?.kind === 'scalar' && parses(text.value)) return { text, rest: path.slice(i) }
  }
  return undefined
}

function tryLookup(object: YamlNode, path: readonly string[]): YamlNode | undefined {
  try {
    return lookup(object, path)
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

function parses(text: string): boolean {
  try {
    parseText(text)
    return true
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}

function print(node: YamlNode, before: string): string {
  if (!/^\s*[[{]/.test(before)) return nodeText(node).trim()
  const value = toValue(node)
  return before.includes('\n') && before.includes('  ') ? indentedJson(value, '') : goJson(value)
}

/** `json.MarshalIndent` with two spaces. */
function indentedJson(value: JsonValue, indent: string): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map(item => inner + indentedJson(item, inner)).join(',\n')}\n${indent}]`
  }
  if (!isObject(value)) return goJson(value)
  const keys = Object.keys(value).toSorted(compareText)
  if (keys.length === 0) return '{}'
  const entries = keys.map(key => `${inner}${goJson(key)}: ${indentedJson(value[key] as JsonValue, inner)}`)
  return `{\n${entries.join(',\n')}\n${indent}}`
}
