import { compareStrings } from '../go-text.ts'
import type { SortOptions } from '../kustomization-fields.ts'
import { fail } from '../problem.ts'
import { currentId } from '../resource.ts'
import { formatGvk, type Gvk, type ResourceId, sameGvk } from '../resource-id.ts'
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
  const keyed = list.items.map(item => ({ item, id: currentId(item.node) }))
  list.items = keyed.toSorted((a, b) => compareIds(a.id, b.id, rank)).map(({ item }) => item)
  idsChanged(list)
}

function compareIds(a: ResourceId, b: ResourceId, rank: ReadonlyMap<string, number>): number {
  if (!sameGvk(a, b)) return compareGvks(a, b, rank)
  return compareStrings(idText(a), idText(b))
}

function compareGvks(a: Gvk, b: Gvk, rank: ReadonlyMap<string, number>): number {
  const difference = (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0)
  if (difference !== 0) return difference
  const order = compareStrings(gvkText(a), gvkText(b))
  const areNamespaces = a.kind === 'Namespace' && b.kind === 'Namespace' && (a.group === '' || b.group === '')
  return areNamespaces ? -order : order
}

const gvkText = (gvk: Gvk): string => `${gvk.group || '~G'}_${gvk.version || '~V'}_${gvk.kind || '~K'}`
const idText = (id: ResourceId): string => `${formatGvk(id)}|${id.namespace || '~X'}|${id.name || '~N'}`
