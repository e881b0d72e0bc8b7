import { isObject, type JsonObject } from '../json.ts'
import { emptySet, type FieldNode, type FieldSet, sortedElements } from './field-set.ts'
import { type PathElement, parseElement } from './path-element.ts'

/** Reads `fieldsV1`. Keys of an unknown kind are left out, as the API server does. Throws on keys that are broken. */
export function parseFieldsV1(fields: JsonObject): FieldSet {
  const set = new Map<PathElement, FieldNode>()
  for (const key in fields) {
    if (key === '.') continue
    const element = parseElement(key)
    if (element === undefined) continue
    const below = fields[key]
    const value = isObject(below) ? below : {}
    const children = parseFieldsV1(value)
    const member = children.size === 0 || Object.hasOwn(value, '.')
    set.set(element, { member, children: children.size === 0 ? emptySet : children })
  }
  return set
}

const nothing: JsonObject = Object.freeze({})

/** Writes `fieldsV1` with its keys in the API server's order. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const out: Record<string, JsonObject> = {}
  for (const [element, { member, children }] of sortedElements(set)) {
    if (children.size === 0) out[element] = nothing
    else out[element] = member ? { '.': nothing, ...toFieldsV1(children) } : toFieldsV1(children)
  }
  return out
}
