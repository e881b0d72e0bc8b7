import type { Position } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import { encodeYaml } from '../../manifest/yaml/encode.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { parseYaml, type SyntaxDiagnostic } from '../../manifest/yaml/parse.ts'
import { jsonSyntaxError } from './json-syntax.ts'
import { scalar } from './node.ts'
import { fail, prefixed } from './problem.ts'

/** The YAML text of a node, as kustomize's library prints it. */
export function nodeText(node: YamlNode): string {
  return encodeYaml(node)
}

/** The first document of a text that stands inside of another file. */
export function parseText(text: string): YamlNode {
  const { documents, diagnostics } = parseYaml(text, { file: '' })
  const [problem] = diagnostics
  if (problem !== undefined && documents.length === 0) fail(problem.goText, { code: 'yaml-syntax' })
  return documents[0]?.content[0] ?? scalar('', '!!null')
}

/** The value of a YAML file that is read as `sigs.k8s.io/yaml` reads it (YAML 1.1, first document only). */
export function yamlToJson(
  text: string | Uint8Array,
  file: string,
  options: { readonly strict?: boolean } = {},
): JsonValue {
  return documentValue(firstDocument(text, file), options)
}

/** The value of a document that has been read. */
export function documentValue(
  { node, problem }: FirstDocument,
  options: { readonly strict?: boolean } = {},
): JsonValue {
  if (problem !== undefined)
    return fail(problem.oldGoText, { code: 'yaml-syntax', position: problem.position, hint: problem.hint })
  if (node === undefined) return null
  const { value, diagnostics } = decodeNode(node, 'kubectl', options)
  const errors = diagnostics.filter(diagnostic => diagnostic.severity === 'error')
  if (value === undefined || errors.length > 0)
    fail(errors.length > 0 ? goErrorText(errors) : 'yaml: no value', {
      code: 'yaml-value',
      position: errors[0]?.position,
      hint: errors[0]?.hint,
    })
  return value
}

/** Like `yamlToJson`, for files that are read into structs: a problem says so. `strict` refuses repeated keys. */
export function yamlToStruct(
  text: string | Uint8Array,
  file: string,
  options: { readonly strict?: boolean } = {},
): JsonValue {
  return prefixed('error converting YAML to JSON', () => yamlToJson(text, file, options))
}

/** The first document of a text, or what is wrong with it. */
export interface FirstDocument {
  readonly node: YamlNode | undefined
  readonly problem: Pick<SyntaxDiagnostic, 'goText' | 'oldGoText' | 'position' | 'hint'> | undefined
}

/** The first document with its positions, for who wants to look things up in it. */
export function firstDocument(text: string | Uint8Array, file: string): FirstDocument {
  const { documents, diagnostics } = parseYaml(text, { file })
  const [node] = documents
  const [problem] = diagnostics
  const isFirst = problem !== undefined && (node === undefined || isBefore(problem.position, node))
  return isFirst ? { node: undefined, problem } : { node, problem: undefined }
}

function isBefore(position: Position | undefined, node: YamlNode): boolean {
  return position !== undefined && position.line < node.line
}

/** The value of JSON text. */
export function jsonText(text: string): JsonValue {
  const problem = jsonSyntaxError(text)
  return problem === undefined ? (JSON.parse(text) as JsonValue) : fail(problem, { code: 'json-syntax' })
}
