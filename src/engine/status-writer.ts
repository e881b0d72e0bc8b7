import { isDeepStrictEqual } from 'node:util'
import { ApiError, type Cluster } from '../kube/cluster.ts'
import type { JsonObject, JsonValue } from '../manifest/json.ts'
import { type KubeObject, refOf } from '../manifest/object.ts'

/** The smallest merge patch of top-level fields that turns one status into another; undefined where nothing differs. */
export function statusPatch(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  const changes = [...fields]
    .filter(field => !isDeepStrictEqual(before[field], after[field]))
    .map((field): [string, JsonValue] => [field, after[field] ?? null])
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

/**
 * Writes a status if it differs from the object's, in one request, as the field manager that the Flux controller of its kind
 * has. Gives the object with its new status; undefined where the object is gone.
 */
export async function writeStatus(
  cluster: Cluster,
  object: KubeObject,
  status: object,
  fieldManager: string,
): Promise<KubeObject | undefined> {
  const patch = statusPatch((object['status'] ?? {}) as JsonObject, status as JsonObject)
  if (patch === undefined) return object
  try {
    return await cluster.patch(refOf(object), { status: patch }, { type: 'merge', subresource: 'status', fieldManager })
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined
    throw error
  }
}
