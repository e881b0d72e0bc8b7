import { isObject, type JsonValue } from '../../manifest/json.ts'
import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { compareStrings, formatFloatG, quote } from './go-text.ts'
import { nodeText } from './yaml-text.ts'

/**
 * What kustomize says about an object that cannot be printed: it prints the object, reads it again, and complains about
 * the lines of that text. Undefined where the text is fine.
 */
export function printProblem(node: YamlNode): string | undefined {
  const { documents, diagnostics } = parseYaml(nodeText(node), { file: '' })
  const [document] = documents
  const [syntax] = diagnostics
  const own = decodeNode(node, 'kustomize').value
  const shown = own === undefined ? 'map[string]interface {}(nil)' : debugText(own)
  if (syntax !== undefined) return `${shown}: ${syntax.goText}`
  if (document === undefined) return undefined
  const errors = decodeNode(document, 'kustomize').diagnostics.filter(({ severity }) => severity === 'error')
  return errors.length === 0 ? undefined : `${shown}: ${goErrorText(errors)}`
}

/** `%#v` of a decoded value. */
function debugText(value: JsonValue): string {
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(debugText).join(', ')}}`
  if (isObject(value)) {
    const entries = Object.keys(value)
      .toSorted(compareStrings)
      .map(key => `${quote(key)}:${debugText(value[key] as JsonValue)}`)
    return `map[string]interface {}{${entries.join(', ')}}`
  }
  if (typeof value === 'string') return quote(value)
  return typeof value === 'number' && !Number.isInteger(value) ? formatFloatG(value) : String(value)
}
