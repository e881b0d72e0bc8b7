import { isArray, isObject, type JsonValue } from '../json.ts'
import { put } from '../own.ts'
import { emptySet, type FieldSet } from './field-set.ts'
import { possibleShapes, walkOf } from './kind-of-value.ts'
import { itemElement } from './list-item.ts'
import { fieldType, type ListType, type MapType, type MergeType } from './merge-type.ts'
import { fieldElement } from './path-element.ts'

/** The value without the fields and list items of the set. What loses all its contents becomes null. */
export function removeFields(value: JsonValue, set: FieldSet, type: MergeType): JsonValue {
  return select(value, set, type, false)
}

/** The fields and list items of the set alone, atomic ones whole. */
export function extractFields(value: JsonValue, set: FieldSet, type: MergeType): JsonValue {
  return select(value, set, type, true)
}

function select(value: JsonValue, set: FieldSet, type: MergeType, keep: boolean): JsonValue {
  switch (walkOf(possibleShapes(type, value))) {
    case 'map':
      return selectMap(value, set, type.map!, keep)
    case 'list':
      return selectList(value, set, type.list!, keep)
    default:
      return value
  }
}

function selectMap(value: JsonValue, set: FieldSet, type: MapType, keep: boolean): JsonValue {
  if (!isObject(value)) return null
  if (type.atomic) return keep ? value : null
  const out: Record<string, JsonValue> = {}
  let any = false
  for (const name in value) {
    const item = value[name]
    if (item === undefined) continue
    const node = set.get(fieldElement(name))
    if (node?.member && !keep) continue
    if (node === undefined && keep) continue
    const field = fieldType(type, name)
    const whole = node === undefined || field === undefined || (node.children.size === 0 && !keep)
    put(out, name, whole ? item : select(item, node.children, field, keep))
    any = true
  }
  return any ? out : null
}

function selectList(value: JsonValue, set: FieldSet, type: ListType, keep: boolean): JsonValue {
  if (!isArray(value) || value.length === 0) return null
  if (type.atomic) return keep ? value : null
  const out: JsonValue[] = []
  for (const item of value) {
    const element = itemElement(type, item)
    const node = typeof element === 'string' ? set.get(element) : undefined
    if (node?.member && !keep) continue
    if (node === undefined) {
      if (!keep) out.push(item)
      continue
    }
    out.push(node.children.size === 0 && !keep ? item : select(item, node.children ?? emptySet, type.element, keep))
  }
  return out.length > 0 ? out : null
}
