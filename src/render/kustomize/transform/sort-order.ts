import { compareText } from '../../../manifest/compare-text.ts'
import type { SortOptions } from '../kustomization-fields.ts'
import { fail } from '../problem.ts'
import { currentId, type Resource } from '../resource.ts'
import { formatGvk } from '../resource-id.ts'
import { idsChanged, type ResourceList } from '../resource-list.ts'
import { legacyOrder } from '../transformer-config.ts'

/** Puts the resources in the order that the options ask for: as read (`fifo`), or by kind (`legacy`). */
export function sortResources(list: ResourceList, options: SortOptions): void {
  const { order } = options
  if (order !== 'fifo' && order !== 'legacy')
    fail("the field 'sortOptions.order' must be one of [fifo, legacy]", { code: 'wrong-field-value' })
  if (order === 'fifo') {
    if (options.legacySortOptions !== undefined)
      fail("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'", {
        code: 'wrong-field-value',
      })
    return
  }
  const first =
    options.legacySortOptions === undefined ? legacyOrder.first : (options.legacySortOptions.orderFirst ?? [])
  const last = options.legacySortOptions === undefined ? legacyOrder.last : (options.legacySortOptions.orderLast ?? [])
  const rank = new Map<string, number>([
    ...first.map((kind, i): [string, number] => [kind, i - first.length]),
    ...last.map((kind, i): [string, number] => [kind, i + 1]),
  ])
  list.items = list.items
    .map(item => keyOf(item, rank))
    .sort(compareKeys)
    .map(({ item }) => item)
  idsChanged(list)
}

/** What a resource is sorted by; texts are made once, because every resource is compared many times. */
interface Key {
  readonly item: Resource
  readonly rank: number
  readonly gvk: string
  readonly id: string
  readonly isNamespace: boolean
  readonly isCore: boolean
}

function keyOf(item: Resource, rank: ReadonlyMap<string, number>): Key {
  const id = currentId(item.node)
  const { group, kind, name, namespace, version } = id
  return {
    item,
    rank: rank.get(kind) ?? 0,
    gvk: `${group || '~G'}_${version || '~V'}_${kind || '~K'}`,
    id: `${formatGvk(id)}|${namespace || '~X'}|${name || '~N'}`,
    isNamespace: kind === 'Namespace',
    isCore: group === '',
  }
}

function compareKeys(a: Key, b: Key): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  if (a.gvk === b.gvk) return compareText(a.id, b.id)
  const order = compareText(a.gvk, b.gvk)
  return a.isNamespace && b.isNamespace && (a.isCore || b.isCore) ? -order : order
}
