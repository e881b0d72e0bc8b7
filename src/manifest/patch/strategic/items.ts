import { compareText } from '../../compare-text.ts'
import { goPlain } from '../../go-text.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../../json.ts'
import { sameValue } from '../../same-value.ts'
import { PatchError } from '../failure.ts'
import { badType, directive, goTypeOf } from './lookup.ts'

/** Items of one list are all objects, or all scalars of one type. */
export function itemKind(...lists: readonly JsonArray[]): 'map' | 'scalar' {
  const items = lists.flat()
  const [first] = items
  if (first === undefined) throw new PatchError(500, 'no elements in any of the given slices')
  if (isArray(first)) throw new PatchError(422, 'lists of lists are not supported')
  if (items.some(item => goTypeOf(item) !== goTypeOf(first))) {
    throw new PatchError(500, `list element types are not identical: ${goPlain(lists as readonly JsonValue[])}`)
  }
  return isObject(first) ? 'map' : 'scalar'
}

export function asMap(item: JsonValue | undefined): JsonObject {
  if (!isObject(item)) throw badType('map', item)
  return item
}

export function noMergeKey(item: JsonObject, key: string): PatchError {
  return new PatchError(500, `map: ${goPlain(item)} does not contain declared merge key: ${key}`)
}

/** The value of an item's merge key. */
export function keyOf(item: JsonValue | undefined, key: string): JsonValue {
  const map = asMap(item)
  const value = map[key]
  if (value === undefined) throw noMergeKey(map, key)
  return value
}

export function findByKey(items: JsonArray, key: string, value: JsonValue): number {
  return items.findIndex((item, index) => {
    if (!isObject(item)) throw new PatchError(500, `value for key ${index} is not a map`)
    return item[key] !== undefined && sameValue(item[key], value)
  })
}

export function isDeletion(item: JsonValue): boolean {
  return asMap(item)[directive.patch] === 'delete'
}

/** Each scalar once; a duplicate's place is taken by the last item, as the API server does it. */
export function deduplicated(items: JsonArray): JsonArray {
  const out = [...items]
  for (let i = 0; i < out.length - 1; i++) {
    for (let j = i + 1; j < out.length; j++) {
      if (!sameValue(out[i], out[j])) continue
      const last = out.pop()!
      if (j < out.length) out[j] = last
      j--
    }
  }
  return out
}

export function sortedScalars(items: JsonArray): JsonArray {
  return items.toSorted((a, b) => compareText(goPlain(a), goPlain(b)))
}
