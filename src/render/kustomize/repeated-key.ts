import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { nodeText } from './yaml-text.ts'

/**
 * What kustomize says about an object that cannot be printed: it prints the object, reads it again, and complains about
 * the lines of that text. Undefined where the text is fine.
 */
export function repeatedKeyText(node: YamlNode): string | undefined {
  const [document] = parseYaml(nodeText(node), { file: '' }).documents
  if (document === undefined) return undefined
  const errors = decodeNode(document, 'kustomize').diagnostics.filter(({ severity }) => severity === 'error')
  return errors.length === 0 ? undefined : `map[string]interface {}(nil): ${goErrorText(errors)}`
}
