import type { Diagnostic } from '../manifest/diagnostic.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../plan/change-set.ts'
import type { Outcome } from '../plan/describe.ts'
import { type InventoryEntry, inventoryEntry, inventoryId, mergeEntries } from '../plan/inventory.ts'

/** Why an object could not be brought to its state. `message` is in the words that Flux's clients match on. */
export interface Failure {
  readonly message: string
  /** The `reason` of the server's Status, or `Unreachable`, `NoKindMatch`, `Timeout`. */
  readonly reason: string
  readonly code: number
  /** The same for people: place in the source, and what to do. */
  readonly diagnostic: Diagnostic
}

/** What became of one entry of a change set. `rolled-back`: created, and deleted again because the stage failed. */
export interface Applied {
  readonly ref: ObjectRef
  readonly outcome: Outcome | 'failed' | 'rolled-back' | 'held-back'
  /** The entry as it was executed: planned anew where its state had been unknown. */
  readonly entry: ChangeEntry
  /** The server's answer: the whole object after the write. */
  readonly object?: KubeObject
  readonly failure?: Failure
}

/** The errors of a run, one line each in Flux's words. */
export function failuresOf(results: readonly Applied[]): readonly Failure[] {
  return results.flatMap(({ failure }) => failure ?? [])
}

/**
 * The inventory after a run. When all went well that is what the change set says, with the namespaces that the server gave;
 * entries whose deletion failed stay. After a failed apply the old inventory stays, and what was created joins it, so that
 * nothing that we made is ever forgotten.
 */
export function inventoryAfter(
  changes: ChangeSet,
  results: readonly Applied[],
  old: readonly InventoryEntry[],
): readonly InventoryEntry[] {
  const pruned = new Set(changes.prune.map(({ ref }) => inventoryId(ref)))
  const present = results.filter(({ ref, outcome, entry }) => {
    const counts = outcome === 'created' || outcome === 'configured' || outcome === 'unchanged' || outcome === 'skipped'
    return counts && entry.action !== 'conflict' && !pruned.has(inventoryId(ref))
  })
  const entries = present.map(({ ref }) => inventoryEntry(ref))
  const failed = results.filter(
    ({ outcome }) => outcome === 'failed' || outcome === 'held-back' || outcome === 'rolled-back',
  )
  const applyFailed = failed.some(({ ref }) => !pruned.has(inventoryId(ref)))
  if (applyFailed) return mergeEntries(old, entries)
  return mergeEntries(
    entries,
    failed.map(({ ref }) => inventoryEntry(ref)),
  )
}
