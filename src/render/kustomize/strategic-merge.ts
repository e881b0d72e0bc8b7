import { compareText } from '../../manifest/compare-text.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import type { MergeSchema, MergeSchemas } from './merge-schema.ts'
import { spendSteps } from './meter.ts'
import {
  clear,
  expectKind,
  fieldNames,
  fieldOf,
  get,
  isEmptyMap,
  isNull,
  makeNode,
  scalar,
  sequence,
  setField,
  setScalar,
  textIn,
} from './node.ts'
import { fail } from './problem.ts'

/**
 * Merges a patch into an object, in place, as kustomize does it: maps field by field (null takes a field away), lists
 * that merge by their keys with new items in front, other lists and scalars replaced, `$patch` obeyed.
 *
 * Returns the merged node; undefined where the patch deletes it. Nodes of the patch end up in the object.
 */
export function strategicMerge(target: YamlNode, patch: YamlNode, schemas: MergeSchemas): YamlNode | undefined {
  return merge({ target, patch, schema: undefined }, { schemas, keptNulls: new Set() })
}

interface Context {
  readonly schemas: MergeSchemas
  /** Nulls that stand in the object and stay there, unlike those of the patch. */
  readonly keptNulls: Set<YamlNode>
}

interface Pair {
  readonly target: YamlNode | undefined
  readonly patch: YamlNode | undefined
  readonly schema: MergeSchema | undefined
}

function merge(pair: Pair, context: Context): YamlNode | undefined {
  spendSteps()
  const { target, patch } = pair
  const schema = pair.schema ?? schemaOf(target, context.schemas) ?? schemaOf(patch, context.schemas)
  const kind = isNull(target) ? (isNull(patch) ? undefined : patch?.kind) : target?.kind
  switch (kind) {
    case 'mapping':
      expectKind(target, kind)
      expectKind(patch, kind)
      return mergeMap({ target, patch, schema }, context)
    case 'sequence':
      expectKind(target, kind)
      expectKind(patch, kind)
      return schema?.keys === undefined ? (patch ?? target) : mergeList({ target, patch, schema }, schema.keys, context)
    case 'scalar':
      expectKind(target, kind)
      expectKind(patch, kind)
      return patch ?? target
    case undefined:
      return mergeMap({ target, patch, schema }, context)
    default:
      return undefined
  }
}

function schemaOf(node: YamlNode | undefined, schemas: MergeSchemas): MergeSchema | undefined {
  if (isNull(node)) return undefined
  const kind = textIn(fieldOf(node, 'kind'))
  const apiVersion = textIn(fieldOf(node, 'apiVersion'))
  return kind === '' || apiVersion === '' ? undefined : schemas(apiVersion, kind)
}

function mergeMap(pair: Pair, context: Context): YamlNode | undefined {
  const target = targetMap(pair, context)
  if (target === undefined) return undefined
  const { patch, schema } = pair
  const names = new Set([...mapNames(target), ...mapNames(patch)])
  for (const name of [...names].toSorted(compareText)) {
    const patched = fieldOf(patch, name)
    const value = merge({ target: fieldOf(target, name), patch: patched, schema: schema?.field(name) }, context)
    const keyStyle = patched !== undefined && value === patched ? keyOf(patch, name)?.style : undefined
    setField(target, name, value, {
      keepNull: value !== undefined && context.keptNulls.has(value),
      ...(keyStyle === undefined ? {} : { keyStyle }),
    })
  }
  return target
}

function mapNames(node: YamlNode | undefined): readonly string[] {
  return node === undefined || isNull(node) ? [] : fieldNames(node)
}

function keyOf(map: YamlNode | undefined, name: string): YamlNode | undefined {
  return map?.content.find((key, i) => i % 2 === 0 && key.value === name)
}

function targetMap({ target, patch }: Pair, context: Context): YamlNode | undefined {
  if (target === undefined || isNull(target)) {
    if (patch !== undefined && !isNull(patch) && directiveOf(patch) === 'delete') return undefined
    if (patch === undefined && target !== undefined && target.value.length > 0) {
      const kept = makeNode('scalar', { tag: '!!null', value: target.value })
      context.keptNulls.add(kept)
      return kept
    }
    return patch
  }
  return directed(target, patch)
}

/** What the patch says to go on with: the target, the patch instead of it, or nothing. */
function directed(target: YamlNode, patch: YamlNode | undefined): YamlNode | undefined {
  if (patch === undefined) return target
  if (isNull(patch)) return undefined
  switch (directiveOf(patch)) {
    case 'delete':
      return undefined
    case 'replace':
      return patch
    default:
      return target
  }
}

type Directive = 'merge' | 'replace' | 'delete'

/** Reads the `$patch` directive of a patch and takes it out. */
function directiveOf(patch: YamlNode): Directive {
  if (patch.kind === 'sequence') return listDirective(patch)
  if (patch.kind === 'mapping') return mapDirective(patch)
  return fail(`no implemented strategic merge patch strategy for '${patch.tag}' ('${patch.value}\n')`, {
    code: 'bad-patch',
    position: patch.line > 0 ? patch : undefined,
  })
}

function mapDirective(patch: YamlNode): Directive {
  const node = get(patch, '$patch')
  if (node === undefined) return 'merge'
  const directive = checkDirective(node)
  clear(patch, '$patch')
  return directive
}

function listDirective(patch: YamlNode): Directive {
  const item = patch.content.find(candidate => fieldOf(candidate, '$patch') !== undefined)
  if (item === undefined || item.content.length > 2) return 'merge'
  const node = fieldOf(item, '$patch') as YamlNode
  const directive = checkDirective(node)
  setElement(patch, undefined, ['$patch'], [node.value])
  return directive
}

function checkDirective(node: YamlNode): Directive {
  const { value } = node
  if (value === 'delete' || value === 'replace' || value === 'merge') return value
  return fail(`unknown patch strategy '${value}'`, {
    code: 'bad-patch',
    position: node.line > 0 ? node : undefined,
    hint: '$patch is delete, replace or merge',
  })
}

function mergeList(pair: Pair, keys: readonly string[], context: Context): YamlNode | undefined {
  const { patch, schema } = pair
  const target = pair.target === undefined || isNull(pair.target) ? patch : directed(pair.target, patch)
  if (target === undefined) return undefined
  const lists: Lists = { target, patch, items: schema?.items(), context }
  if (keys.length > 0) return mergeItems(lists, keyValues(lists, keys), keys)
  return mergeItems(lists, scalarValues(lists), [''])
}

interface Lists {
  readonly target: YamlNode
  readonly patch: YamlNode | undefined
  readonly items: MergeSchema | undefined
  readonly context: Context
}

/** The distinct key values of all items, those of the patch first. */
function keyValues({ target, patch }: Lists, keys: readonly string[]): string[][] {
  const seen = new Set<string>()
  const values: string[][] = []
  for (const list of [patch, target]) {
    if (list === undefined || isNull(list)) continue
    for (const item of list.content) {
      const tuple = keys.map(key => {
        const field = fieldOf(item, key)
        return field === undefined || isNull(field) ? '' : field.value
      })
      const id = JSON.stringify(tuple)
      if (!seen.has(id)) values.push(tuple)
      seen.add(id)
    }
  }
  return values
}

function scalarValues({ target, patch }: Lists): string[][] {
  const values = new Set<string>()
  for (const list of [patch, target]) for (const item of list?.content ?? []) values.add(item.value)
  return [...values].map(value => [value])
}

function mergeItems(lists: Lists, allValues: string[][], keys: readonly string[]): YamlNode | undefined {
  const { target, patch, items, context } = lists
  if (keys.length > 1) joinPartial(allValues)
  const added = sequence()
  let validKeys: readonly string[] = []
  for (const values of allValues) {
    const used = usedKeys(allValues, keys)
    validKeys = used ?? keys
    const validValues =
      used === undefined ? values : values.filter((value, i) => value !== '' || used.includes(keys[i] ?? ''))
    const item = merge(
      {
        target: findItem(target, validKeys, validValues),
        patch: patch === undefined ? undefined : findItem(patch, validKeys, validValues),
        schema: items,
      },
      context,
    )
    if (item === undefined || isEmptyMap(item)) {
      setElement(target, undefined, validKeys, validValues)
      continue
    }
    for (const [i, key] of validKeys.entries()) {
      const value = validValues[i] ?? ''
      if (fieldOf(item, key) !== undefined || value === '') continue
      if (key === '') setScalar(item, scalar(value))
      else setField(item, key, scalar(value))
    }
    setElement(added, item, validKeys, validValues)
  }
  if (allValues.length === 0) return target
  for (const item of target.content) addExisting(added, item, validKeys)
  return added
}

/** The keys that have a value anywhere; undefined where none has. */
function usedKeys(allValues: readonly (readonly string[])[], keys: readonly string[]): readonly string[] | undefined {
  spendSteps(allValues.length)
  const used = keys.filter((_, i) => allValues.some(values => (values[i] ?? '') !== ''))
  return used.length === 0 ? undefined : used
}

/** Completes key values that lack a part by others that agree in the rest. Changes the list. */
function joinPartial(allValues: string[][]): void {
  for (let i = 0; i < allValues.length; i++) {
    spendSteps(allValues.length)
    const first = allValues[i] ?? []
    for (let j = 0; j < allValues.length; j++) {
      const joined = joinValues(first, allValues[j] ?? [])
      if (joined === undefined) continue
      allValues[i] = joined
      allValues[j] = joined
    }
  }
}

function joinValues(a: readonly string[], b: readonly string[]): string[] | undefined {
  if (a.length !== b.length) return undefined
  let common = false
  const joined: string[] = []
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? ''
    if (value === other) common = true
    else if (value !== '' && other !== '') return undefined
    joined.push(value === '' ? other : value)
  }
  return common ? joined : undefined
}

function findItem(list: YamlNode, allKeys: readonly string[], allValues: readonly string[]): YamlNode | undefined {
  const used = usedKeys([allValues], allKeys)
  const keys = used ?? allKeys
  const values = used === undefined ? allValues : allValues.filter(value => value !== '')
  if (list.kind !== 'sequence') return undefined
  if ((keys[0] ?? '') === '') return list.content.find(item => item.value === (values[0] ?? ''))
  return list.content.find(
    item => item.kind === 'mapping' && keys.every((key, i) => fieldOf(item, key)?.value === values[i]),
  )
}

/** Puts an item that stood in the list behind the added ones, or in the place of the one with the same keys. */
function addExisting(list: YamlNode, item: YamlNode, keys: readonly string[]): void {
  if ((keys[0] ?? '') === '') {
    setElement(list, item, [''], [item.value])
    return
  }
  const values: string[] = []
  for (const key of keys) {
    const field = get(item, key)
    if (field === undefined) list.content.push(item)
    else values.push(field.value)
  }
  if (keys.length > 1) setElement(list, undefined, keys, values)
  setElement(list, item, keys, values)
}

/** Replaces the items whose fields have the values, or adds one; without an item, takes them away. Drops empty items. */
function setElement(
  list: YamlNode,
  element: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): void {
  expectKind(list, 'sequence')
  spendSteps(list.content.length)
  const content: YamlNode[] = []
  const byField = (keys[0] ?? '') !== '' && (values[0] ?? '') !== ''
  let found = false
  for (const item of list.content) {
    if (isEmptyMap(item)) continue
    if (item.kind !== 'mapping' && byField) content.push(item)
    else if (values.length === 0 || !values.every((value, i) => hasValue(item, keys[i] ?? '', value))) {
      if (values.length > 0) content.push(item)
    } else {
      found = true
      if (element !== undefined) content.push(element)
    }
  }
  list.content = content
  if (element !== undefined && !isNull(element) && !found) content.push(element)
}

function hasValue(item: YamlNode, key: string, value: string): boolean {
  if (key === '') {
    expectKind(item, 'scalar')
    return textIn(item) === value
  }
  const field = get(item, key)
  return field !== undefined && (value === '' || field.value === value)
}
