import { compareText } from '../../compare-text.ts'
import { goPlain } from '../../go-text.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../../json.ts'
import { own, put } from '../../own.ts'
import { sameValue } from '../../same-value.ts'
import type { Schema } from '../../schema/schema.ts'
import { type PatchResult, resultOf } from '../failure.ts'
import { mergeMaps } from './apply.ts'
import { asMap, deduplicated, itemKind, keyOf, sortedScalars } from './items.ts'
import { directive, type FieldStrategy, goTypeOf, listStrategy, structStrategy } from './lookup.ts'
import { sortedBy } from './order.ts'

/** Which parts of a difference go into the patch. */
interface Options {
  readonly changes: boolean
  readonly deletions: boolean
  readonly retainKeys: boolean
}

type Patch = Record<string, JsonValue>

/** The strategic merge patch that turns one object into another; empty where they are the same. */
export function createStrategicMergePatch(
  before: JsonObject,
  after: JsonObject,
  schema: Schema,
): PatchResult<JsonObject> {
  return resultOf(() => diffMaps(before, after, schema, { changes: true, deletions: true, retainKeys: false }))
}

/**
 * The patch of client-side apply: what differs between `current` and `desired` where `desired` names it, and the deletion
 * of what `last` named and `desired` does not.
 */
export function createThreeWayStrategicMergePatch(
  last: JsonObject,
  desired: JsonObject,
  current: JsonObject,
  schema: Schema,
): PatchResult<JsonObject> {
  return resultOf(() => {
    const delta = diffMaps(current, desired, schema, { changes: true, deletions: false, retainKeys: false })
    const deletions = diffMaps(last, desired, schema, { changes: false, deletions: true, retainKeys: false })
    return mergeMaps(deletions, delta, schema, 'patch')
  })
}

function diffMaps(before: JsonObject, after: JsonObject, schema: Schema | undefined, options: Options): Patch {
  const patch: Patch = {}
  const retained: string[] = []
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue
    if (options.retainKeys && value !== null) retained.push(name)
    const old = own(before, name)
    if (old === undefined || goTypeOf(old) !== goTypeOf(value)) {
      if (options.changes) put(patch, name, value)
    } else if (name === directive.patch) {
      if (old !== value) patch[name] = value
    } else if (isObject(old) && isObject(value)) diffMapField(name, old, value, patch, schema, options)
    else if (isArray(old) && isArray(value)) diffListField(name, old, value, patch, schema, options)
    else if (options.changes && !sameValue(old, value)) put(patch, name, value)
  }
  const gone = Object.keys(before).filter(name => before[name] !== undefined && own(after, name) === undefined)
  if (options.deletions) for (const name of gone) put(patch, name, null)
  const removesFields = gone.some(name => before[name] !== null)
  if (retained.length > 0 && (Object.keys(patch).length > 0 || removesFields)) {
    patch[directive.retainKeys] = sortedScalars(retained)
  }
  return patch
}

function diffMapField(
  name: string,
  before: JsonObject,
  after: JsonObject,
  patch: Patch,
  schema: Schema | undefined,
  options: Options,
): void {
  if (sameValue(before, after) && !isKnown(schema, name)) return
  const { schema: below, strategy, retainKeys } = structStrategy(schema, name)
  if (strategy === 'replace') {
    if (options.changes) patch[name] = after
    return
  }
  const difference = diffMaps(before, after, below, { ...options, retainKeys })
  if (Object.keys(difference).length > 0) patch[name] = difference
}

function isKnown(schema: Schema | undefined, name: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name)
}

function diffListField(
  name: string,
  before: JsonArray,
  after: JsonArray,
  patch: Patch,
  schema: Schema | undefined,
  options: Options,
): void {
  if (sameValue(before, after) && !isKnown(schema, name)) return
  const strategy = listStrategy(schema, name)
  if (strategy.strategy !== 'merge') {
    if (options.changes && !sameValue(before, after)) patch[name] = after
    return
  }
  const difference = diffLists(before, after, strategy, { ...options, retainKeys: strategy.retainKeys })
  if (difference.items.length > 0) patch[name] = difference.items
  if (difference.deletions.length > 0) patch[`${directive.deleteFromList}/${name}`] = difference.deletions
  if (difference.order.length > 0) patch[`${directive.elementOrder}/${name}`] = difference.order
}

interface ListDifference {
  readonly items: JsonArray
  readonly deletions: JsonArray
  readonly order: JsonArray
}

function diffLists(before: JsonArray, after: JsonArray, strategy: FieldStrategy, options: Options): ListDifference {
  if (before.length === 0) return { items: options.changes ? after : [], deletions: [], order: [] }
  return itemKind(before, after) === 'map'
    ? diffMapLists(before, after, strategy, options)
    : diffScalarLists(before, after, options)
}

function diffScalarLists(before: JsonArray, after: JsonArray, options: Options): ListDifference {
  const [left, right] = [sortedScalars(before), sortedScalars(after)]
  const [added, gone]: [JsonValue[], JsonValue[]] = [[], []]
  walkSorted(left, right, goPlain, {
    left: item => gone.push(item),
    right: item => added.push(item),
    both: () => {},
  })
  const items = options.changes ? sortedBy(added, after, '') : []
  const deletions = options.deletions ? deduplicated(gone) : []
  const reordered = options.changes && !sameValue(before, after)
  return { items, deletions, order: deletions.length > 0 || reordered ? after : [] }
}

function diffMapLists(
  before: JsonArray,
  after: JsonArray,
  { schema, mergeKey }: FieldStrategy,
  options: Options,
): ListDifference {
  const text = (item: JsonValue) => goPlain(keyOf(item, mergeKey))
  const sorted = (items: JsonArray) =>
    items.toSorted((a, b) => compareText(goPlain(asMap(a)[mergeKey] ?? null), goPlain(asMap(b)[mergeKey] ?? null)))
  const [changed, gone]: [JsonValue[], JsonValue[]] = [[], []]
  walkSorted(sorted(before), sorted(after), text, {
    left: item => options.deletions && gone.push({ [mergeKey]: keyOf(item, mergeKey), [directive.patch]: 'delete' }),
    right: item => options.changes && changed.push(item),
    both: (old, item) => {
      const difference = diffMaps(asMap(old), asMap(item), schema, options)
      if (Object.keys(difference).length > 0) changed.push({ ...difference, [mergeKey]: keyOf(item, mergeKey) })
    },
  })
  const items = [...sortedBy(changed, after, mergeKey), ...gone]
  const reordered =
    before.length !== after.length ||
    after.some((item, i) => !sameValue(keyOf(before[i], mergeKey), keyOf(item, mergeKey)))
  const ordered = (options.changes && (items.length > 0 || reordered)) || (options.deletions && items.length > 0)
  return {
    items,
    deletions: [],
    order: ordered ? after.map(item => ({ [mergeKey]: asMap(item)[mergeKey] ?? null })) : [],
  }
}

/** Goes through two sorted lists and tells items of one from items of both. */
function walkSorted(
  left: JsonArray,
  right: JsonArray,
  text: (item: JsonValue) => string,
  on: { left(item: JsonValue): unknown; right(item: JsonValue): unknown; both(a: JsonValue, b: JsonValue): unknown },
): void {
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]]
    const order = a === undefined ? 1 : b === undefined ? -1 : compareText(text(a), text(b))
    if (order === 0) on.both(left[i++]!, right[j++]!)
    else if (order < 0) on.left(left[i++]!)
    else on.right(right[j++]!)
  }
}
