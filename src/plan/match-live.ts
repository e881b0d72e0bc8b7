import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { sameValue } from '../manifest/same-value.ts'
import { type FieldSet, findItem, foreignFields, ownEntry } from './field-set.ts'
import { asStored, isDefaulted } from './server-defaults.ts'

/**
 * Whether applying would change a live object, as far as that can be told without asking the server. `unsure`: a value that is
 * owned as a whole holds more than was asked for, which is either a default of the server or was removed from the source.
 */
export type Match = 'same' | 'different' | 'unsure'

/** The metadata whose ownership the server keeps. */
const TRACKED: ReadonlySet<string> = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences'])

/**
 * Compares an object with a live one by the manager's fields: it has to own exactly the fields that `desired` has, and each
 * has to have its value.
 */
export function matchLive(desired: KubeObject, live: KubeObject, manager: string): Match {
  const entry = ownEntry(live, manager)
  // The names of fields hold for the version that they were applied with.
  if (entry?.fieldsV1 === undefined || entry.apiVersion !== desired.apiVersion) return 'different'
  const { apiVersion: _, kind: __, metadata, status: ___, ...content } = asStored(desired) as unknown as JsonObject
  const tracked = Object.entries(metadata as JsonObject).filter(([key]) => TRACKED.has(key))
  const applied = tracked.length === 0 ? content : { ...content, metadata: Object.fromEntries(tracked) }
  return matchNode(applied, live as unknown as JsonObject, entry.fieldsV1, foreignFields(live, entry))
}

function matchNode(desired: JsonValue, live: JsonValue | undefined, fields: FieldSet, others: FieldSet): Match {
  if (live === undefined) return 'different'
  const names = Object.keys(fields).filter(key => key !== '.')
  if (names.length === 0) return matchWhole(desired, live, others)
  if (isObject(desired)) {
    if (!isObject(live)) return 'different'
    const members = Object.keys(desired).filter(key => desired[key] !== undefined)
    if (members.length !== names.length) return 'different'
    return worstOf(members.map(key => matchMember(desired, live, fields, others, key)))
  }
  if (!isArray(desired) || !isArray(live)) return 'different'
  return matchItems(desired, live, fields, others, names)
}

function matchMember(desired: JsonObject, live: JsonObject, fields: FieldSet, others: FieldSet, key: string): Match {
  const inner = fields[`f:${key}`]
  if (!isObject(inner)) return 'different'
  return matchNode(desired[key]!, Object.hasOwn(live, key) ? live[key] : undefined, inner, inside(others, `f:${key}`))
}

function matchItems(
  desired: readonly JsonValue[],
  live: readonly JsonValue[],
  fields: FieldSet,
  others: FieldSet,
  elements: readonly string[],
): Match {
  if (elements.length !== desired.length) return 'different'
  const order: (readonly [number, number])[] = []
  const matches = elements.map((element): Match => {
    const [item, there, inner] = [findItem(desired, element), findItem(live, element), fields[element]]
    if (item === undefined || there === undefined || !isObject(inner)) return 'different'
    order.push([desired.indexOf(item), live.indexOf(there)])
    return matchNode(item, there, inner, inside(others, element))
  })
  order.sort(([a], [b]) => a - b)
  const inOrder = order.every(([, place], index) => index === 0 || order[index - 1]![1] < place)
  return inOrder ? worstOf(matches) : 'different'
}

/** What others own inside of a field that a set names. */
function inside(others: FieldSet, element: string): FieldSet {
  const inner = others[element]
  return isObject(inner) ? inner : {}
}

/** A value that is owned as a whole: what the server added to it is no difference. */
function matchWhole(desired: JsonValue, live: JsonValue, others: FieldSet): Match {
  // What others put into an object that was applied empty is theirs.
  if (isObject(desired) && Object.keys(desired).length === 0) return isObject(live) ? 'same' : 'different'
  // Others own parts of it, so it is none that is owned as a whole: ours are gone.
  if (Object.keys(others).some(key => key !== '.')) return 'different'
  return matchInside(desired, live)
}

function matchInside(desired: JsonValue, live: JsonValue): Match {
  if (isObject(desired)) {
    if (!isObject(live)) return 'different'
    const inner = Object.entries(desired).map(([key, value]): Match => {
      if (value === undefined) return 'same'
      const there = live[key]
      return there === undefined ? 'different' : matchInside(value, there)
    })
    const added = Object.keys(live).filter(key => desired[key] === undefined)
    const extra = added.map((key): Match => (isDefaulted(key, live[key]!, desired) ? 'same' : 'unsure'))
    return worstOf([...inner, ...extra])
  }
  if (!isArray(desired)) return sameValue(desired, live) ? 'same' : 'different'
  if (!isArray(live) || live.length !== desired.length) return 'different'
  return worstOf(desired.map((item, index) => matchInside(item, live[index]!)))
}

function worstOf(matches: readonly Match[]): Match {
  if (matches.includes('different')) return 'different'
  return matches.includes('unsure') ? 'unsure' : 'same'
}
