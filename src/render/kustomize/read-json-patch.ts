import type { JsonValue } from '../../manifest/json.ts'
import { type JsonPatch, readJsonPatch } from './json-patch.ts'
import { fail } from './problem.ts'
import { jsonText, yamlToJson } from './yaml-text.ts'

/** Reads RFC 6902 operations from JSON or YAML text. */
export function readJsonPatchText(text: string): JsonPatch {
  if (text === '') fail('empty json patch operations', { code: 'patch-empty' })
  const value: JsonValue = text.startsWith('[') ? jsonText(text) : yamlToJson(text, '')
  return readJsonPatch(value)
}
