import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts'
import { isEmptyObject, own } from '../own.ts'
import { sameValue } from '../same-value.ts'
import { type FieldSet, type FieldSetBuilder, insertPath } from './field-set.ts'
import { possibleShapes, walkOf } from './kind-of-value.ts'
import { elementsOf } from './list-item.ts'
import { fieldType, type ListType, type MapType, type MergeType } from './merge-type.ts'
import { fieldElement, type PathElement } from './path-element.ts'

/** The fields in which the second of two values differs from the first. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

interface Building {
  readonly removed: FieldSetBuilder
  readonly modified: FieldSetBuilder
  readonly added: FieldSetBuilder
  /** Where the walk stands. */
  readonly path: PathElement[]
}

/** Compares two values of one type field by field; items of keyed lists and sets by their keys, not their place. */
export function compareValues(before: JsonValue, after: JsonValue, type: MergeType): Comparison {
  const building: Building = { removed: new Map(), modified: new Map(), added: new Map(), path: [] }
  compare(before, after, type, building)
  return building
}

function compare(lhs: JsonValue | undefined, rhs: JsonValue | undefined, type: MergeType, out: Building): void {
  if (lhs === rhs) return
  const [left, right] = [possibleShapes(type, lhs), possibleShapes(type, rhs)]
  let leaf: boolean
  if (rhs === undefined) leaf = walk(left, lhs, rhs, type, out)
  else if (lhs === undefined || left === right) leaf = walk(right, lhs, rhs, type, out)
  else {
    walk(left, lhs, rhs, type, out)
    leaf = walk(right, lhs, rhs, type, out)
  }
  if (leaf) return
  if (lhs === undefined) insertPath(out.added, out.path)
  else if (rhs === undefined) insertPath(out.removed, out.path)
}

/** True where the value was compared as a whole. */
function walk(
  shapes: number,
  lhs: JsonValue | undefined,
  rhs: JsonValue | undefined,
  type: MergeType,
  out: Building,
): boolean {
  switch (walkOf(shapes)) {
    case 'map':
      return compareMaps(lhs, rhs, type.map!, out)
    case 'list':
      return compareLists(lhs, rhs, type.list!, out)
    default:
      return compareLeaf(lhs, rhs, out)
  }
}

function compareLeaf(lhs: JsonValue | undefined, rhs: JsonValue | undefined, out: Building): true {
  if (lhs === undefined) insertPath(out.added, out.path)
  else if (rhs === undefined) insertPath(out.removed, out.path)
  else if (!sameValue(lhs, rhs)) insertPath(out.modified, out.path)
  return true
}

const noItems: JsonArray = []
const noFields: JsonObject = {}

function compareMaps(lhs: JsonValue | undefined, rhs: JsonValue | undefined, type: MapType, out: Building): boolean {
  const left = isObject(lhs) ? lhs : noFields
  const right = isObject(rhs) ? rhs : noFields
  if (type.atomic || (isEmptyObject(left) && isEmptyObject(right))) return compareLeaf(lhs, rhs, out)
  for (const name in left) {
    if (left[name] !== undefined) compareField(name, left[name], own(right, name), type, out)
  }
  for (const name in right) {
    if (right[name] !== undefined && own(left, name) === undefined)
      compareField(name, undefined, right[name], type, out)
  }
  return false
}

function compareField(
  name: string,
  lhs: JsonValue | undefined,
  rhs: JsonValue | undefined,
  type: MapType,
  out: Building,
): void {
  if (lhs === rhs) return
  const field = fieldType(type, name)
  if (field !== undefined) descend(fieldElement(name), lhs, rhs, field, out)
}

function descend(
  element: PathElement,
  lhs: JsonValue | undefined,
  rhs: JsonValue | undefined,
  type: MergeType,
  out: Building,
): void {
  out.path.push(element)
  compare(lhs, rhs, type, out)
  out.path.pop()
}

function compareLists(lhs: JsonValue | undefined, rhs: JsonValue | undefined, type: ListType, out: Building): boolean {
  const left = isArray(lhs) ? lhs : noItems
  const right = isArray(rhs) ? rhs : noItems
  if (type.atomic || (left.length === 0 && right.length === 0)) return compareLeaf(lhs, rhs, out)
  const before = grouped(type, left)
  const after = grouped(type, right)
  for (const [element, items] of before) compareItems(element, items, after.get(element) ?? noItems, type.element, out)
  for (const [element, items] of after) {
    if (!before.has(element)) compareItems(element, noItems, items, type.element, out)
  }
  return false
}

function grouped(type: ListType, items: JsonArray): ReadonlyMap<PathElement, JsonArray> {
  const groups = new Map<PathElement, JsonValue[]>()
  for (const [element, item] of elementsOf(type, items)) {
    const group = groups.get(element)
    if (group === undefined) groups.set(element, [item])
    else group.push(item)
  }
  return groups
}

/** Items that are there twice are compared as a whole; becoming single, or no longer being so, is a change of all below. */
function compareItems(element: PathElement, lhs: JsonArray, rhs: JsonArray, type: MergeType, out: Building): void {
  if (lhs.length <= 1 && rhs.length <= 1) {
    descend(element, lhs[0], rhs[0], type, out)
  } else if (lhs.length >= 2 && rhs.length >= 2) {
    if (!sameValue(lhs, rhs)) insertPath(out.modified, [...out.path, element])
  } else if (lhs.length >= 2) {
    if (rhs.length > 0) descend(element, undefined, rhs[0], type, out)
    insertPath(out.removed, [...out.path, element])
  } else {
    if (lhs.length > 0) descend(element, lhs[0], undefined, type, out)
    insertPath(out.added, [...out.path, element])
  }
}
