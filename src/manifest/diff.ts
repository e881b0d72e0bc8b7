import { elementsOf } from './fields/list-item.ts'
import {
  deducedType,
  fieldType,
  type ListType,
  type MapType,
  type MergeType,
  mergeTypeOf,
} from './fields/merge-type.ts'
import { type FieldPath, fieldElement, type PathElement } from './fields/path-element.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from './json.ts'
import { own } from './own.ts'
import { sameValue } from './same-value.ts'
import type { Schema } from './schema/schema.ts'

/**
 * One difference between two objects. What was added or removed as a whole is one change. Items of keyed lists are told
 * apart by their keys; `reordered` says that such a list has the same items in another order, with the keys as values.
 */
export type FieldChange =
  | { readonly kind: 'added'; readonly path: FieldPath; readonly after: JsonValue }
  | { readonly kind: 'removed'; readonly path: FieldPath; readonly before: JsonValue }
  | { readonly kind: 'changed'; readonly path: FieldPath; readonly before: JsonValue; readonly after: JsonValue }
  | { readonly kind: 'reordered'; readonly path: FieldPath; readonly before: JsonArray; readonly after: JsonArray }

/**
 * The differences between two values, in the order of their fields. With a schema, lists are compared as their type says;
 * without one, item by item.
 */
export function diffValues(before: JsonValue, after: JsonValue, schema?: Schema): readonly FieldChange[] {
  const changes: FieldChange[] = []
  diff(before, after, schema === undefined ? deducedType : mergeTypeOf(schema), [], changes)
  return changes
}

function diff(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  type: MergeType | undefined,
  path: FieldPath,
  out: FieldChange[],
): void {
  if (before === after) return
  if (before === undefined) out.push({ kind: 'added', path, after: after ?? null })
  else if (after === undefined) out.push({ kind: 'removed', path, before })
  else if (isObject(before) && isObject(after)) diffMaps(before, after, type?.map, path, out)
  else if (isArray(before) && isArray(after)) diffLists(before, after, type?.list, path, out)
  else if (!sameValue(before, after)) out.push({ kind: 'changed', path, before, after })
}

function diffMaps(
  before: JsonObject,
  after: JsonObject,
  type: MapType | undefined,
  path: FieldPath,
  out: FieldChange[],
): void {
  const names = [...Object.keys(before), ...Object.keys(after).filter(name => own(before, name) === undefined)]
  for (const name of names) {
    diff(own(before, name), own(after, name), type && fieldType(type, name), [...path, fieldElement(name)], out)
  }
}

function diffLists(
  before: JsonArray,
  after: JsonArray,
  type: ListType | undefined,
  path: FieldPath,
  out: FieldChange[],
): void {
  const keyed = type === undefined || type.atomic ? undefined : uniqueItems(type, before, after)
  if (keyed === undefined) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
      diff(before[i], after[i], type?.element, [...path, `i:${i}`], out)
    }
    return
  }
  const [left, right] = keyed
  const elements = [...left.keys(), ...[...right.keys()].filter(element => !left.has(element))]
  for (const element of elements) diff(left.get(element), right.get(element), type?.element, [...path, element], out)
  const shared = (from: ReadonlyMap<PathElement, JsonValue>, other: ReadonlyMap<PathElement, JsonValue>) =>
    [...from.keys()].filter(element => other.has(element))
  const [was, is] = [shared(left, right), shared(right, left)]
  if (!sameValue(was, is)) out.push({ kind: 'reordered', path, before: was.map(keyText), after: is.map(keyText) })
}

type Items = ReadonlyMap<PathElement, JsonValue>

/** The items by their keys; undefined where an item has none, or two have the same. */
function uniqueItems(type: ListType, before: JsonArray, after: JsonArray): readonly [Items, Items] | undefined {
  const [left, right] = [new Map(elementsOf(type, before)), new Map(elementsOf(type, after))]
  return left.size === before.length && right.size === after.length ? [left, right] : undefined
}

function keyText(element: PathElement): JsonValue {
  return JSON.parse(element.slice(2)) as JsonValue
}

/** The value that a path leads to; undefined where there is none. */
export function valueAt(value: JsonValue | undefined, path: FieldPath): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(step, value)
}

function step(value: JsonValue | undefined, element: PathElement): JsonValue | undefined {
  const rest = element.slice(2)
  if (element.startsWith('f:')) return isObject(value) ? own(value, rest) : undefined
  if (!isArray(value)) return undefined
  if (element.startsWith('i:')) return value[Number(rest)]
  const wanted = JSON.parse(rest) as JsonValue
  if (!isObject(wanted)) return value.find(item => sameValue(item, wanted))
  // A key may be missing in the item where it has a default, and then stands in the path all the same.
  const matches = (item: JsonValue) =>
    isObject(item) &&
    Object.entries(wanted).every(([name, key]) => item[name] === undefined || sameValue(item[name], key))
  const exact = (item: JsonValue) =>
    isObject(item) && Object.entries(wanted).every(([name, key]) => sameValue(item[name], key))
  return value.find(exact) ?? value.find(matches)
}
