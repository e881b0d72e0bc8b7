import type { ChangeEntry } from './change-set.ts'
import { type InventoryEntry, inventoryRefs } from './inventory.ts'
import type { LiveView } from './live-view.ts'
import { compareRefs } from './order.ts'
import { planDeletion } from './plan.ts'
import type { Owner } from './switches.ts'

/** A Kustomization's `spec.deletionPolicy`. */
export type DeletionPolicy = 'MirrorPrune' | 'Delete' | 'WaitForTermination' | 'Orphan'

/** What is to happen to the objects of an owner that is being deleted. */
export interface Finalization {
  /** In the order of deletion; empty where the objects stay. */
  readonly prune: readonly ChangeEntry[]
  /** Whether the owner stays until the objects are gone, or its timeout has passed. */
  readonly wait: boolean
}

/**
 * Decides what the end of a Kustomization means for its objects: a suspended one leaves them, MirrorPrune follows
 * `spec.prune`, Delete and WaitForTermination delete them, Orphan leaves them.
 */
export function finalization(
  owner: Owner & {
    readonly suspend: boolean
    readonly prune: boolean
    readonly deletionPolicy: DeletionPolicy
    readonly inventory: readonly InventoryEntry[]
  },
  live: LiveView,
): Finalization {
  const { deletionPolicy, suspend, prune } = owner
  const deletes = !suspend && deletionPolicy !== 'Orphan' && (deletionPolicy !== 'MirrorPrune' || prune)
  if (!deletes) return { prune: [], wait: false }
  const entries = inventoryRefs(owner.inventory)
    .toSorted((a, b) => compareRefs(b, a))
    .map(ref => planDeletion(ref, live(ref), owner, 'owner-deleted'))
  return { prune: entries, wait: deletionPolicy === 'WaitForTermination' && entries.length > 0 }
}
