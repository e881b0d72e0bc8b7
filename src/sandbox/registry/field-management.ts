import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Kind, KindVersion } from '../kind.ts'

export interface FieldUpdate {
  readonly kind: Kind
  readonly version: KindVersion
  readonly subresource: string
  readonly manager: string
  readonly now: number
}

/**
 * Who owns which field: the seam to the merge code. Objects are in the storage version. `update` is what a create or a
 * non-apply update does to `metadata.managedFields`; `apply` merges an applied configuration into the live object and
 * throws the Conflict of the server when others own what it wants to change.
 */
export interface FieldManagement {
  update(live: KubeObject | undefined, object: KubeObject, options: FieldUpdate): KubeObject
  apply(
    live: KubeObject | undefined,
    applied: JsonObject,
    options: FieldUpdate & { readonly force: boolean },
  ): KubeObject
}

/** Keeps no record of owners; applying is merging maps and replacing everything else. */
export function withoutFieldManagement(): FieldManagement {
  return {
    update: (_live, object) => object,
    apply: (live, applied) => (live === undefined ? applied : merge(live, applied)) as KubeObject,
  }
}

function merge(live: unknown, applied: unknown): unknown {
  if (!isMap(live) || !isMap(applied)) return applied
  const result: Record<string, unknown> = { ...live }
  for (const [key, value] of Object.entries(applied)) result[key] = merge(live[key], value)
  return result
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
