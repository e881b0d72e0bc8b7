import { compareText } from '../../../manifest/compare-text.ts'
import type { SortOptions } from '../kustomization-fields.ts'
import { fail } from '../problem.ts'
import { idOf, type Resource } from '../resource.ts'
import { formatGvk, type ResourceId } from '../resource-id.ts'
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
  const keys = asLastTime(list.items.map((item, index) => keyOf(item, index, rank)))
  keys.sort((a, b) => compareKeys(a, b) || a.index - b.index)
  for (const [place, { item }] of keys.entries()) if (item.shared !== undefined) item.shared.place = place
  list.items = keys.map(({ item }) => item)
  idsChanged(list)
}

/** Shared objects as the last sort left them, others behind: that leaves little to do for the next one. */
function asLastTime(keys: readonly Key[]): Key[] {
  const places: (Key | undefined)[] = Array(keys.length)
  const others: Key[] = []
  for (const key of keys) {
    const place = key.item.shared?.place ?? -1
    if (place < 0 || place >= keys.length || places[place] !== undefined) others.push(key)
    else places[place] = key
  }
  return [...places.filter(key => key !== undefined), ...others]
}

/** What a resource is sorted by; texts are made once, because every resource is compared many times. */
interface Key {
  readonly item: Resource
  /** Where it stood before, which decides between equals. */
  readonly index: number
  readonly rank: number
  readonly texts: SortTexts
}

/** Texts that the order of objects hangs on. */
export interface SortTexts {
  readonly gvk: string
  readonly id: string
  readonly isNamespace: boolean
  readonly isCore: boolean
}

function keyOf(item: Resource, index: number, rank: ReadonlyMap<string, number>): Key {
  const { shared } = item
  const id = idOf(item)
  const texts = shared?.sortTexts ?? textsOf(id)
  if (shared !== undefined) shared.sortTexts = texts
  return { item, index, rank: rank.get(id.kind) ?? 0, texts }
}

function textsOf(id: ResourceId): SortTexts {
  const { group, kind, name, namespace, version } = id
  return {
    gvk: `${group || '~G'}_${version || '~V'}_${kind || '~K'}`,
    id: `${formatGvk(id)}|${namespace || '~X'}|${name || '~N'}`,
    isNamespace: kind === 'Namespace',
    isCore: group === '',
  }
}

function compareKeys({ rank, texts: a }: Key, { rank: otherRank, texts: b }: Key): number {
  if (rank !== otherRank) return rank - otherRank
  if (a.gvk === b.gvk) return compareText(a.id, b.id)
  const order = compareText(a.gvk, b.gvk)
  return a.isNamespace && b.isNamespace && (a.isCore || b.isCore) ? -order : order
}
