import type { Applied } from '../../apply/applied.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { digestOf } from '../../plan/fingerprint.ts'
import { lastOtherWriter } from '../../plan/report-drift.ts'
import { APPLY_MANAGER, type Expectations } from './expectations.ts'

/** A change in the cluster that was undone. `by` is the field manager that wrote last, where one can be told. */
export interface Drift {
  readonly by: string | undefined
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
  return { by: before && lastOtherWriter(before, APPLY_MANAGER) }
}
