import { isArray, isObject, type JsonArray, type JsonValue } from '../json.ts'
import { isEmptyObject, own, put } from '../own.ts'
import { sameValue } from '../same-value.ts'
import { possibleShapes, walkOf } from './kind-of-value.ts'
import { elementsOf } from './list-item.ts'
import { fieldType, type ListType, type MapType, type MergeType } from './merge-type.ts'
import type { PathElement } from './path-element.ts'

/**
 * Lays a partial value over another: its leaves win, maps merge by key, sets and keyed lists by item, atomic ones are
 * replaced. Nothing is taken away. Items keep their order unless the second value orders them otherwise.
 */
export function mergeValues(base: JsonValue, over: JsonValue, type: MergeType): JsonValue {
  return merge(base, over, type) ?? null
}

/** Where nothing changes, the base itself is returned, so that equality of the whole is one comparison. */
function merge(lhs: JsonValue | undefined, rhs: JsonValue | undefined, type: MergeType): JsonValue | undefined {
  if (rhs === undefined || lhs === rhs) return lhs
  if (lhs === undefined) return rhs
  switch (walkOf(possibleShapes(type, rhs))) {
    case 'map':
      return mergeMaps(lhs, rhs, type.map!)
    case 'list':
      return mergeLists(lhs, rhs, type.list!)
    default:
      return leaf(lhs, rhs)
  }
}

function leaf(lhs: JsonValue, rhs: JsonValue): JsonValue {
  return sameValue(lhs, rhs) ? lhs : rhs
}

function mergeMaps(lhs: JsonValue, rhs: JsonValue, type: MapType): JsonValue | undefined {
  const left = isObject(lhs) ? lhs : undefined
  const right = isObject(rhs) ? rhs : undefined
  if (type.atomic || (isEmptyObject(left) && isEmptyObject(right))) return leaf(lhs, rhs)
  const out: Record<string, JsonValue> = {}
  let changed = left === undefined
  for (const name in left) {
    const field = fieldType(type, name)
    const value = field === undefined ? left[name] : merge(left[name], own(right, name), field)
    if (value !== undefined) put(out, name, value)
    if (value !== left[name]) changed = true
  }
  for (const name in right) {
    const value = right[name]
    if (value === undefined || own(left, name) !== undefined) continue
    put(out, name, value)
    changed = true
  }
  return changed ? out : lhs
}

function mergeLists(lhs: JsonValue, rhs: JsonValue, type: ListType): JsonValue | undefined {
  const left = isArray(lhs) ? lhs : []
  const right = isArray(rhs) ? rhs : []
  if (type.atomic || (left.length === 0 && right.length === 0)) return leaf(lhs, rhs)
  if (right.length === 0) return left
  if (left.length === 0) return right
  return mergeItems(left, right, type)
}

/**
 * Interleaves the two lists: items of both sides in the order of the second, each item of only one side where it stands
 * beside its neighbours.
 */
function mergeItems(lhs: JsonArray, rhs: JsonArray, type: ListType): JsonArray {
  const left = elementsOf(type, lhs)
  const right = elementsOf(type, rhs)
  const leftOnce = new Map<PathElement, JsonValue>()
  for (const [element, item] of left) leftOnce.set(element, leftOnce.has(element) ? null : item)
  const rightItems = new Map(right)
  const shared = right.map(([element]) => element).filter(element => leftOnce.has(element))
  const merged = new Set<PathElement>()
  const out: JsonValue[] = []
  const push = (base: JsonValue | undefined, over: JsonValue | undefined) => {
    const item = merge(base, over, type.element)
    if (item !== undefined) out.push(item)
  }
  let [l, r, next] = [0, 0, 0]
  while (l < left.length || r < right.length) {
    const leftEntry = left[l]
    const rightEntry = right[r]
    if (leftEntry !== undefined && rightEntry !== undefined) {
      const [element] = leftEntry
      if (element === rightEntry[0]) {
        merged.add(element)
        push(leftOnce.get(element), rightEntry[1])
        l++
        r++
        next++
        continue
      }
      if (rightItems.has(element) && next < shared.length && shared[next] !== element) {
        l++
        continue
      }
    }
    if (leftEntry !== undefined) {
      const [element, item] = leftEntry
      if (!rightItems.has(element)) {
        out.push(item)
        l++
        continue
      }
      if (merged.has(element)) l++
    }
    if (rightEntry !== undefined) {
      const [element, item] = rightEntry
      merged.add(element)
      push(leftOnce.get(element), item)
      r++
      if (shared[next] === element) next++
    }
  }
  return out.length === lhs.length && out.every((item, i) => item === lhs[i]) ? lhs : out
}
