import { goPlain } from '../../go-text.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../../json.ts'
import { own, put } from '../../own.ts'
import { sameValue } from '../../same-value.ts'
import type { Schema } from '../../schema/schema.ts'
import { PatchError, type PatchResult, resultOf } from '../failure.ts'
import { withoutNulls } from '../merge-patch.ts'
import { asMap, deduplicated, findByKey, isDeletion, itemKind, keyOf, noMergeKey } from './items.ts'
import { badType, directive, type FieldStrategy, goTypeOf, listStrategy, structStrategy } from './lookup.ts'
import { mergedOrder, partition } from './order.ts'

/** `server`: a patch is applied to an object. `patch`: it is laid over another patch, and directives and nulls stay. */
export type MergeMode = 'server' | 'patch'

/**
 * Applies a strategic merge patch with the API server's rules and messages. Kinds without a patch schema (CRDs) do not
 * have such patches; that is for the caller to refuse.
 */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: JsonObject,
  schema: Schema,
): PatchResult<JsonObject> {
  return resultOf(() => mergeMaps(original, patch, schema, 'server'))
}

/** The merged object; throws a `PatchError`. */
export function mergeMaps(
  original: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  mode: MergeMode,
): JsonObject {
  if (patch[directive.patch] !== undefined) return replaced(patch)
  const out: Record<string, JsonValue | undefined> = { ...original }
  const rest: Record<string, JsonValue | undefined> = { ...patch }
  retainKeys(out, rest, mode)
  mergeOrderedLists(out, rest, schema, mode)
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) mergeField(out, name, value, schema, mode)
  }
  return out as JsonObject
}

/** `$patch: replace` and `$patch: delete` of an object. */
function replaced(patch: JsonObject): JsonObject {
  const { [directive.patch]: kind = null, ...rest } = patch
  if (kind === 'replace') return rest as JsonObject
  if (kind === 'delete') return {}
  throw new PatchError(500, `unknown patch type: ${goPlain(kind)} in map: ${goPlain(patch)}`)
}

function mergeField(
  out: Record<string, JsonValue | undefined>,
  name: string,
  value: JsonValue,
  schema: Schema | undefined,
  mode: MergeMode,
): void {
  const isDeleteList = name.startsWith(directive.deleteFromList)
  if (isDeleteList && mode === 'patch') {
    put(out, name, value)
    return
  }
  const field = isDeleteList ? listName(name, directive.deleteFromList, 'invalid patch format of primitive list') : name
  if (value === null) {
    delete out[field]
    if (mode === 'server') return
  }
  const current = own(out as JsonObject, field)
  if (current === undefined || goTypeOf(current) !== goTypeOf(value)) {
    if (isDeleteList) return
    keep(out, field, mode === 'server' ? withoutNulls(value) : value)
  } else if (isObject(current) && isObject(value)) {
    const strategy = structStrategy(schema, field)
    put(out, field, strategy.strategy === 'replace' ? value : mergeMaps(current, value, strategy.schema, mode))
  } else if (isArray(current) && isArray(value)) {
    const strategy = listStrategy(schema, field)
    const merge = strategy.strategy === 'merge' || isDeleteList
    put(out, field, merge ? mergeLists(current, value, strategy, mode, isDeleteList) : value)
  } else keep(out, field, value)
}

function keep(out: Record<string, JsonValue | undefined>, field: string, value: JsonValue): void {
  const clean = withoutDirectives(value)
  if (clean === undefined) delete out[field]
  else put(out, field, clean)
}

/** What is added where nothing was: without parts that only say how to merge. */
function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (isArray(value)) return value.map(withoutDirectives).filter(item => item !== undefined)
  if (!isObject(value)) return value
  if (value[directive.patch] !== undefined) return undefined
  const fields = Object.entries(value).map(([key, item]) => [key, item === undefined ? item : withoutDirectives(item)])
  return Object.fromEntries(fields.filter(([, item]) => item !== undefined))
}

/** `$retainKeys`: fields of the original that the list does not name go; the patch may set only those it names. */
function retainKeys(
  out: Record<string, JsonValue | undefined>,
  patch: Record<string, JsonValue | undefined>,
  mode: MergeMode,
): void {
  const list = patch[directive.retainKeys]
  if (list === undefined) return
  delete patch[directive.retainKeys]
  if (mode === 'patch') {
    const other = out[directive.retainKeys]
    if (other !== undefined && !sameValue(other, list)) {
      const both = `${goPlain(other)} and ${goPlain(list)}`
      throw new PatchError(500, `${both} are not deep equal: this may happen when calculating the 3-way diff patch`)
    }
    out[directive.retainKeys] = list
    return
  }
  const malformed = new PatchError(400, 'invalid patch format of retainKeys')
  if (!isArray(list)) throw malformed
  for (const [name, value] of Object.entries(patch)) {
    const special = name.startsWith(directive.deleteFromList) || name.startsWith(directive.elementOrder)
    if (value !== null && value !== undefined && !special && !list.includes(name)) throw malformed
  }
  for (const name of Object.keys(out)) if (!list.includes(name)) delete out[name]
}

/** Merges every list that the patch orders by `$setElementOrder/<field>`, and takes it out of the patch. */
function mergeOrderedLists(
  out: Record<string, JsonValue | undefined>,
  patch: Record<string, JsonValue | undefined>,
  schema: Schema | undefined,
  mode: MergeMode,
): void {
  const malformed = 'invalid patch format of setElementOrder list'
  for (const name of Object.keys(patch).filter(key => key.startsWith(directive.elementOrder))) {
    const order = patch[name]
    delete patch[name]
    if (mode === 'patch') {
      if (out[name] !== undefined && !sameValue(out[name], order)) throw new PatchError(400, malformed)
      out[name] = order
    }
    if (!isArray(order)) throw badType('list', order)
    const field = listName(name, directive.elementOrder, malformed)
    const [current, changes] = [listOrNothing(out[field]), listOrNothing(patch[field])]
    const strategy = listStrategy(schema, field)
    checkOrder(changes ?? [], order, strategy.mergeKey)
    if (current === undefined && changes === undefined) continue
    const merged = mergeOrNot(current, changes, strategy, mode)
    const { named, others } = partition(merged, order, strategy.mergeKey)
    itemKind(current ?? [], changes ?? [])
    out[field] = mergedOrder(named, others, order, current ?? [], strategy.mergeKey)
    delete patch[field]
  }
}

function mergeOrNot(
  current: JsonArray | undefined,
  changes: JsonArray | undefined,
  strategy: FieldStrategy,
  mode: MergeMode,
): JsonArray {
  if (changes === undefined) return current ?? []
  if (current === undefined) return withoutDirectives(changes) as JsonArray
  return strategy.strategy === 'merge' ? mergeLists(current, changes, strategy, mode, false) : changes
}

function listOrNothing(value: JsonValue | undefined): JsonArray | undefined {
  if (value === undefined || isArray(value)) return value
  throw badType('list', value)
}

function listName(name: string, prefix: string, malformed: string): string {
  const slash = name.indexOf('/')
  if (slash < 0 || name.slice(0, slash) !== prefix) throw new PatchError(400, malformed)
  return name.slice(slash + 1)
}

/** The items of a patch have to stand in the order that the patch itself gives. */
function checkOrder(changes: JsonArray, order: JsonArray, key: string): void {
  if (changes.length === 0 || order.length === 0) return
  const kept = key === '' ? changes : changes.filter(item => !isDeletion(item))
  let [i, j] = [0, 0]
  while (i < kept.length && j < order.length) {
    const item = kept[i]!
    if (isObject(item) && item[directive.patch] !== undefined) {
      i++
      continue
    }
    const same = key === '' ? sameValue(item, order[j]) : sameValue(keyOf(item, key), keyOf(order[j], key))
    if (same) i++
    j++
  }
  if (i < kept.length && j >= order.length) {
    throw new PatchError(
      500,
      `The order in patch list:\n${goPlain(changes)}\n doesn't match ${directive.elementOrder} list:\n${goPlain(order)}\n`,
    )
  }
}

function mergeLists(
  current: JsonArray,
  patch: JsonArray,
  { schema, mergeKey }: FieldStrategy,
  mode: MergeMode,
  isDeleteList: boolean,
): JsonArray {
  if (current.length === 0 && patch.length === 0) return current
  if (itemKind(current, patch) === 'scalar') {
    if (mode === 'server' && isDeleteList) return current.filter(item => !patch.some(gone => sameValue(gone, item)))
    return ordered(deduplicated([...current, ...patch]), patch, current, mergeKey)
  }
  if (mergeKey === '') throw new PatchError(500, `cannot merge lists without merge key for ${schema?.type ?? ''}`)
  const { base, changes } = withSpecialItems(current, patch, mergeKey)
  return ordered(mergeItems(base, changes, mergeKey, schema, mode), changes, base, mergeKey)
}

function ordered(merged: JsonArray, patch: JsonArray, current: JsonArray, key: string): JsonArray {
  const { named, others } = partition(merged, patch, key)
  return mergedOrder(named, others, patch, current, key)
}

/** Items that hold a directive: deletions of items, and the replacement of the whole list. */
function withSpecialItems(
  current: JsonArray,
  patch: JsonArray,
  key: string,
): { readonly base: JsonArray; readonly changes: JsonArray } {
  let base = current
  let replace = false
  const changes: JsonValue[] = []
  for (const item of patch.map(asMap)) {
    const kind = item[directive.patch]
    if (kind === undefined) changes.push(item)
    else if (kind === 'replace') replace = true
    else if (kind === 'delete') {
      const value = item[key]
      if (value === undefined) throw noMergeKey(item, key)
      base = base.filter(other => !sameValue(asMap(other)[key], value))
    } else if (kind === 'merge') throw new PatchError(500, 'merging lists cannot yet be specified in the patch')
    else throw new PatchError(500, `unknown patch type: ${goPlain(kind)} in map: ${goPlain(item)}`)
  }
  return replace ? { base: changes, changes: [] } : { base, changes }
}

function mergeItems(
  base: JsonArray,
  changes: JsonArray,
  key: string,
  schema: Schema | undefined,
  mode: MergeMode,
): JsonArray {
  const out = [...base]
  for (const item of changes.map(asMap)) {
    const index = findByKey(out, key, keyOf(item, key))
    if (index < 0) out.push(item)
    else out[index] = mergeMaps(asMap(out[index]), item, schema, mode)
  }
  return out
}
