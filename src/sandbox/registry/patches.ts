import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { PatchResult } from '../../manifest/patch/failure.ts'
import { applyJsonPatch } from '../../manifest/patch/json-patch.ts'
import { applyMergePatch } from '../../manifest/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../manifest/patch/strategic/apply.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import type { Schema } from '../../manifest/schema/schema.ts'
import type { Kind, KindVersion } from '../kind.ts'
import { badRequest, StatusError } from '../status.ts'

export type PatchType = 'json' | 'merge' | 'strategic'

/** A document changed by a patch. Throws the `StatusError` that the server would answer. */
export function patched(
  type: PatchType,
  document: JsonObject,
  patch: JsonValue,
  kind: Kind,
  version: KindVersion,
): JsonObject {
  const changed = applied(type, document, patch, kind, version)
  if (!isObject(changed)) throw badRequest(`json: cannot unmarshal into Go value of type ${kind.kind}`)
  return changed
}

function applied(type: PatchType, document: JsonObject, patch: JsonValue, kind: Kind, version: KindVersion): JsonValue {
  if (type === 'json') return valueOf(applyJsonPatch(document, patch))
  if (!isObject(patch))
    throw badRequest(
      type === 'merge'
        ? `couldn't get version/kind; json parse error: invalid merge patch`
        : `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    )
  if (type === 'merge') return applyMergePatch(document, patch)
  return valueOf(applyStrategicMergePatch(document, patch, schemaOf(kind, version)))
}

const anything: Schema = { type: 'object' }

function schemaOf(kind: Kind, version: KindVersion): Schema {
  return schemaFor({ group: kind.group, version: version.version, kind: kind.kind }) ?? anything
}

function valueOf<T>(result: PatchResult<T>): T {
  if ('value' in result) return result.value
  const { code, message } = result.failure
  const reason = code === 400 ? 'BadRequest' : code === 422 ? 'Invalid' : ''
  throw new StatusError({ code, reason, message, ...(code === 422 ? { details: {} } : {}) })
}
