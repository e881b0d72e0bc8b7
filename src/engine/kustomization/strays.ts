import type { Kustomization } from '../../api/kustomization.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import { ownEntry } from '../../plan/field-set.ts'
import {
  type InventoryEntry,
  inventoryEntry,
  inventoryId,
  inventoryRefs,
  mergeEntries,
  staleEntries,
} from '../../plan/inventory.ts'
import { APPLY_MANAGER } from './expectations.ts'
import { managedBy } from './live-view.ts'
import { ownerOf } from './owner.ts'
import { KUSTOMIZE_MANAGER } from './report.ts'
import type { Target } from './workspace.ts'

/**
 * Which objects of a Kustomization may be strays: applied, but not in its inventory, because the process ended in between.
 * What is not in the inventory for another reason is nobody's any more, whatever its labels say: it was let go of while
 * nothing was to be pruned, or left behind by a Kustomization of the same name.
 */
export interface Strays {
  /** When the inventory that this process found was written (RFC 3339, by the server's clock): strays are not older. */
  readonly since: string
  /** Inventory ids of what this process has let go of. */
  readonly released: Set<string>
}

/** To be called with the Kustomization as it is before this process writes its status for the first time. */
export function straysOf({ metadata }: Kustomization): Strays {
  const written = metadata.managedFields?.find(
    ({ manager, subresource }) => manager === KUSTOMIZE_MANAGER && subresource === 'status',
  )
  return { since: written?.time ?? metadata.creationTimestamp ?? '', released: new Set() }
}

/** What belongs to a Kustomization: its inventory, and its strays. */
export function ownedBy(
  kustomization: Kustomization,
  { since, released }: Strays,
  target: Pick<Target, 'live'>,
): readonly InventoryEntry[] {
  const found = managedBy(ownerOf(kustomization), target)
    .filter(object => (ownEntry(object, APPLY_MANAGER)?.time ?? '') >= since)
    .map(object => inventoryEntry(refOf(object)))
    .filter(({ id }) => !released.has(id))
  return mergeEntries(kustomization.status?.inventory?.entries ?? [], found)
}

/** Remembers what is in the inventory no more although it is still there. What becomes of it matters to nobody from now on. */
export function release(
  kustomization: Kustomization,
  before: readonly InventoryEntry[],
  after: readonly InventoryEntry[],
  { released }: Strays,
  { live, expectations }: Pick<Target, 'live' | 'expectations'>,
): void {
  const owner = formatRef(refOf(kustomization))
  for (const ref of inventoryRefs(staleEntries(before, after))) {
    expectations.forget(owner, ref)
    if (live.get(ref) !== undefined) released.add(inventoryId(ref))
  }
}
