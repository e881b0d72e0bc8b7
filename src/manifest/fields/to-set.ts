import { isArray, isObject, type JsonValue } from '../json.ts'
import { isEmptyObject } from '../own.ts'
import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import { possibleShapes, walkOf } from './kind-of-value.ts'
import { elementsOf } from './list-item.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { fieldElement, type PathElement } from './path-element.ts'

/** What a value below some field says: whether the field itself is named by it, and the fields below. */
interface Named extends FieldNode {}

const leaf: Named = { member: true, children: emptySet }
const nothing: Named = { member: false, children: emptySet }

/**
 * Every field that a value names: its leaves, its list items, its keys of maps. Fields of a struct that have something
 * below them are not named themselves.
 */
export function fieldSetOfValue(value: JsonValue, type: MergeType): FieldSet {
  return named(value, type).children
}

function named(value: JsonValue, type: MergeType): Named {
  switch (walkOf(possibleShapes(type, value))) {
    case 'map':
      return namedInMap(value, type.map!)
    case 'list':
      return namedInList(value, type.list!)
    default:
      return leaf
  }
}

function namedInMap(value: JsonValue, type: MapType): Named {
  if (type.atomic) return leaf
  if (!isObject(value)) return nothing
  const children = new Map<PathElement, FieldNode>()
  for (const name in value) {
    const item = value[name]
    if (item === undefined) continue
    const declared = type.fields.get(name)?.type
    const field = declared ?? type.element
    const below = field === undefined ? leaf : named(item, field)
    const member = below.member || declared === undefined || item === null || (isObject(item) && isEmptyObject(item))
    put(children, fieldElement(name), member, below.children)
  }
  return { member: false, children }
}

function namedInList(value: JsonValue, type: ListType): Named {
  if (type.atomic) return leaf
  if (!isArray(value)) return nothing
  const items = elementsOf(type, value)
  const children = new Map<PathElement, FieldNode>()
  for (const [element, item] of items) {
    // Of items that are there twice nobody can say which one is owned: the item is, and nothing below it.
    if (children.has(element)) children.set(element, leaf)
    else put(children, element, true, named(item, type.element).children)
  }
  return { member: false, children }
}

function put(children: Map<PathElement, FieldNode>, element: PathElement, member: boolean, below: FieldSet): void {
  if (below.size > 0) children.set(element, { member, children: below })
  else if (member) children.set(element, leaf)
}
