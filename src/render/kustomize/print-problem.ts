import { compareText } from '../../manifest/compare-text.ts'
import { goQuote } from '../../manifest/go-text.ts'
import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { resolvePlain } from '../../manifest/yaml/resolve.ts'
import { formatFloatG } from './go-text.ts'
import { toValue } from './value.ts'
import { nodeText } from './yaml-text.ts'

/**
 * What kustomize says about an object that cannot be printed: it prints the object, reads it again, and complains about
 * the lines of that text. Undefined where the text is fine.
 */
export function printProblem(node: YamlNode, options: { readonly withObject?: boolean } = {}): string | undefined {
  const { documents, diagnostics } = parseYaml(nodeText(node), { file: '' })
  const [document] = documents
  const [syntax] = diagnostics
  const object = (): string => (hasRepeatedKeys(node) ? 'map[string]interface {}(nil)' : debugText(node))
  const shown = options.withObject === false ? '' : `${object()}: `
  if (syntax !== undefined) return `${shown}${syntax.goText}`
  if (document === undefined) return undefined
  const errors = decodeNode(document, 'kustomize').diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 && !hasOtherKeys(node)) return `${shown}${goErrorText(errors)}`
  return hasOtherKeys(node) ? `${shown}json: unsupported type: map[interface {}]interface {}` : undefined
}

const isText = (key: YamlNode): boolean =>
  key.tag === '!!str' || key.style !== 'plain' || resolvePlain(key.value, 'kustomize').tag === '!!str'

function hasOtherKeys(node: YamlNode): boolean {
  const isOther = node.kind === 'mapping' && node.content.some((key, i) => i % 2 === 0 && !isText(key))
  return isOther || node.content.some(hasOtherKeys)
}

function hasRepeatedKeys(node: YamlNode): boolean {
  const keys = node.kind === 'mapping' ? node.content.filter((_, i) => i % 2 === 0).map(key => key.value) : []
  return new Set(keys).size !== keys.length || node.content.some(hasRepeatedKeys)
}

/** `%#v` of what the node is decoded to. */
function debugText(node: YamlNode): string {
  if (node.kind === 'sequence') return `[]interface {}{${node.content.map(debugText).join(', ')}}`
  if (node.kind === 'mapping') return debugMap(node)
  if (isText(node)) return goQuote(node.value)
  const value = toValue(node)
  if (value === null) return 'interface {}(nil)'
  if (typeof value === 'string') return goQuote(value)
  return typeof value === 'number' && !Number.isInteger(value) ? formatFloatG(value) : String(value)
}

function debugMap(node: YamlNode): string {
  const keys = node.content.filter((_, i) => i % 2 === 0)
  const entry = (key: YamlNode): string => {
    const value = node.content[node.content.indexOf(key) + 1] as YamlNode
    return `${isText(key) ? goQuote(key.value) : debugText(key)}:${debugText(value)}`
  }
  const sorted = keys.toSorted((a, b) => compareText(a.value, b.value))
  const texts = sorted.filter(isText).map(entry)
  const others = sorted.filter(key => !isText(key)).map(entry)
  return `map[${others.length > 0 ? 'interface {}' : 'string'}]interface {}{${[...texts, ...others].join(', ')}}`
}
