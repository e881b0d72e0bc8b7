import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { isObject } from '../../manifest/json.ts'
import type { Kind, KindVersion } from '../kind.ts'
import { badRequest } from '../status.ts'

export type PatchType = 'json' | 'merge' | 'strategic'

/** The seam to the patch code: a document changed by a patch. Throws the `StatusError` that the server would answer. */
export function patched(
  type: PatchType,
  document: JsonObject,
  patch: JsonValue,
  _kind: Kind,
  _version: KindVersion,
): JsonObject {
  if (type === 'json') throw badRequest('JSON patches are not served yet')
  if (!isObject(patch)) throw badRequest('a merge patch must be an object')
  return merge(document, patch) as JsonObject
}

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch
  const result: Record<string, JsonValue | undefined> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (value !== undefined) result[key] = merge(result[key], value)
  }
  return result
}
