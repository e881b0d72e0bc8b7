import { goJson, goQuote } from '../go-text.ts'
import { isArray, isObject, type JsonValue } from '../json.ts'
import type { ListType } from './merge-type.ts'
import { type PathElement, valueElement } from './path-element.ts'

/** Why an item of a set or of a keyed list cannot be told from others, in the API server's words. */
export interface ItemProblem {
  readonly problem: string
}

/** The path element of an item of a list that is not atomic. Missing key fields count with their default, if they have one. */
export function itemElement(list: ListType, item: JsonValue): PathElement | ItemProblem {
  return list.keys.length > 0 ? keyedElement(list, item) : setElement(item)
}

function keyedElement({ keys, element }: ListType, item: JsonValue): PathElement | ItemProblem {
  if (item === null) return { problem: 'associative list with keys may not have a null element' }
  if (!isObject(item)) return { problem: 'associative list with keys may not have non-map elements' }
  if (keys.length === 1) {
    const [name = ''] = keys
    const value = item[name] ?? (Object.hasOwn(item, name) ? null : element.map?.fields.get(name)?.default)
    if (value !== undefined && value !== null) return `k:{${goJson(name)}:${goJson(value)}}`
  }
  const parts: string[] = []
  for (const name of keys.length > 1 ? [...keys].sort() : keys) {
    const value = Object.hasOwn(item, name) ? item[name] : element.map?.fields.get(name)?.default
    if (value !== undefined) parts.push(`${goJson(name)}:${goJson(value)}`)
  }
  if (parts.length > 0) return `k:{${parts.join(',')}}`
  const names = `[${keys.map(goQuote).join(' ')}]`
  return {
    problem: `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
  }
}

function setElement(item: JsonValue): PathElement | ItemProblem {
  if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" }
  if (isArray(item)) return { problem: 'not supported: associative list with lists as elements' }
  if (item === null) return { problem: "associative list without keys has an element that's an explicit null" }
  return valueElement(item)
}

/** The elements of all items, where it is known that each has one; items that have none are left out. */
export function elementsOf(
  list: ListType,
  items: readonly JsonValue[],
): readonly (readonly [PathElement, JsonValue])[] {
  const out: [PathElement, JsonValue][] = []
  for (const item of items) {
    const element = itemElement(list, item)
    if (typeof element === 'string') out.push([element, item])
  }
  return out
}
