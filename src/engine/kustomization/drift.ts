import type { Applied } from '../../apply/applied.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { digestOf } from '../../plan/fingerprint.ts'
import { APPLY_MANAGER, type Expectations } from './expectations.ts'

/** A change in the cluster that was undone. `by` is the field manager that wrote last, where one can be told. */
export interface Drift {
  readonly by: string | undefined
}

/** The manager other than ours that wrote last, its writes to the status left aside. */
export function lastOtherWriter({ metadata }: KubeObject): string | undefined {
  const others = (metadata.managedFields ?? []).filter(
    ({ manager, subresource }) => manager !== APPLY_MANAGER && subresource !== 'status',
  )
  return others.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0]?.manager
}

function wasApplied({ ref, entry }: Applied, expectations: Expectations): boolean {
  if (entry.desired === undefined) return false
  return expectations.digestOf(ref) === (entry.digest ?? digestOf(entry.desired))
}

/**
 * Whether a result undid somebody's change: the very manifest had been applied before, and yet there was something to do.
 * To be asked before the result is learned from; `before` is the object as it was before the run.
 */
export function driftOf(
  result: Applied,
  before: KubeObject | undefined,
  expectations: Expectations,
): Drift | undefined {
  const isWrite = result.outcome === 'created' || result.outcome === 'configured'
  if (!isWrite || !wasApplied(result, expectations)) return undefined
  return { by: before && lastOtherWriter(before) }
}
