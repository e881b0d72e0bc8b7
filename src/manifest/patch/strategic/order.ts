import { isObject, type JsonArray, type JsonValue } from '../../json.ts'
import { sameValue } from '../../same-value.ts'
import { isDeletion, keyOf } from './items.ts'

/** Where an item stands in a list, by its merge key, or by itself for scalars (empty key); -1 where it does not. */
function position(items: JsonArray, item: JsonValue, key: string): number {
  const value = (of: JsonValue) => (key === '' ? of : isObject(of) ? (of[key] ?? null) : null)
  const wanted = value(item)
  return items.findIndex(other => sameValue(value(other), wanted))
}

/** Sorts items by the order of another list; deletions go to the end. */
export function sortedBy(items: JsonArray, order: JsonArray, key: string): JsonArray {
  if (key === '') return insertionSorted(items, order, key)
  for (const item of [...items, ...order]) keyOf(item, key)
  const kept = items.filter(item => !isDeletion(item))
  return [...insertionSorted(kept, order, key), ...items.filter(isDeletion)]
}

/** An item that the order does not know moves before its neighbour: not a total order, so the method is part of the result. */
function insertionSorted(items: JsonArray, order: JsonArray, key: string): JsonArray {
  const out = [...items]
  const before = (a: JsonValue, b: JsonValue) => {
    const [left, right] = [position(order, a, key), position(order, b, key)]
    return left < 0 || right < 0 || left < right
  }
  for (let i = 1; i < out.length; i++) {
    for (let j = i; j > 0 && before(out[j]!, out[j - 1]!); j--) [out[j], out[j - 1]] = [out[j - 1]!, out[j]!]
  }
  return out
}

/** The patch's items in the order of the patch, the server's others where they stood among them. */
export function mergedOrder(
  patchItems: JsonArray,
  serverItems: JsonArray,
  patchOrder: JsonArray,
  serverOrder: JsonArray,
  key: string,
): JsonArray {
  const right = sortedBy(patchItems, patchOrder, key)
  const left = sortedBy(serverItems, serverOrder, key)
  const out: JsonValue[] = []
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    const [a, b] = [position(serverOrder, left[i]!, key), position(serverOrder, right[j]!, key)]
    out.push(a >= 0 && b >= 0 && a < b ? left[i++]! : right[j++]!)
  }
  out.push(...left.slice(i), ...right.slice(j))
  return out
}

/** Items that a list names, and the others. */
export function partition(
  items: JsonArray,
  by: JsonArray,
  key: string,
): { readonly named: JsonArray; readonly others: JsonArray } {
  const isNamed = (item: JsonValue) => {
    const value = key === '' ? item : keyOf(item, key)
    return by.some(other => sameValue(key === '' ? other : isObject(other) ? other[key] : undefined, value))
  }
  return { named: items.filter(isNamed), others: items.filter(item => !isNamed(item)) }
}
