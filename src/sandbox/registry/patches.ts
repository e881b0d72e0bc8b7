import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { PatchResult } from '../../manifest/patch/failure.ts'
import { applyJsonPatch } from '../../manifest/patch/json-patch.ts'
import { applyMergePatch } from '../../manifest/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../manifest/patch/strategic/apply.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import type { Schema } from '../../manifest/schema/schema.ts'
import type { Kind, KindVersion } from '../kind.ts'
import { badRequest, StatusError } from '../status.ts'
import { jsonType } from './decode.ts'

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
  if (type === 'json') return unwrapped(applyJsonPatch(document, patch))
  if (!isObject(patch))
    throw badRequest(
      `${type === 'merge' ? 'error decoding patch: ' : ''}json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    )
  if (type === 'merge') return applyMergePatch(document, patch)
  return unwrapped(applyStrategicMergePatch(document, patch, schemaOf(kind, version)))
}

const anything: Schema = { type: 'object' }

function schemaOf(kind: Kind, version: KindVersion): Schema {
  return schemaFor({ group: kind.group, version: version.version, kind: kind.kind }) ?? anything
}

function unwrapped<T>(result: PatchResult<T>): T {
  if ('value' in result) return result.value
  const { code, message } = result.failure
  if (code === 422)
    // The server keeps what is wrong to itself.
    throw new StatusError({
      code,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
      details: {},
    })
  throw new StatusError({ code, reason: code === 400 ? 'BadRequest' : '', message })
}
