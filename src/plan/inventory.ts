import type { ObjectRef } from '../manifest/object.ts'

/** One managed object in `status.inventory.entries`: its identity and the version it was applied with. */
export interface InventoryEntry {
  readonly id: string
  readonly v: string
}

/** Names of these kinds may contain colons, which an id cannot hold. */
const RBAC_GROUP = 'rbac.authorization.k8s.io'
const RBAC_KINDS: ReadonlySet<string> = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])

/** `<namespace>_<name>_<group>_<kind>` with empty parts kept, as Flux's inventory writes it. */
export function inventoryId(ref: Omit<ObjectRef, 'version'>): string {
  const { namespace, group, kind } = ref
  const name = group === RBAC_GROUP && RBAC_KINDS.has(kind) ? ref.name.replaceAll(':', '__') : ref.name
  return `${namespace}_${name}_${group}_${kind}`
}

export function inventoryEntry(ref: ObjectRef): InventoryEntry {
  return { id: inventoryId(ref), v: ref.version }
}

/** The object that an entry names; undefined where the id is malformed. */
export function parseInventoryEntry(entry: InventoryEntry): ObjectRef | undefined {
  const match = /^([^_]*)_(.+)_([^_]*)_([^_]*)$/.exec(entry.id)
  if (match === null) return undefined
  const [, namespace = '', encoded = '', group = '', kind = ''] = match
  const name = encoded.replaceAll('__', ':')
  if (name.includes('_') || kind === '') return undefined
  return { group, version: entry.v, kind, namespace, name }
}

/** The objects that entries name; malformed ones are left out. */
export function inventoryRefs(entries: readonly InventoryEntry[]): readonly ObjectRef[] {
  return entries.flatMap(entry => parseInventoryEntry(entry) ?? [])
}

/** Entries of the old inventory whose object is not in the new one; the version does not tell objects apart. */
export function staleEntries(
  old: readonly InventoryEntry[],
  next: readonly InventoryEntry[],
): readonly InventoryEntry[] {
  const kept = new Set(next.map(({ id }) => id))
  return old.filter(({ id }) => !kept.has(id))
}

/** The inventory with entries put back whose deletion failed, so that the next run tries again. */
export function mergeEntries(
  entries: readonly InventoryEntry[],
  survivors: readonly InventoryEntry[],
): readonly InventoryEntry[] {
  const known = new Set(entries.map(({ id }) => id))
  return [...entries, ...survivors.filter(({ id }) => !known.has(id))]
}
