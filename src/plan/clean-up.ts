import type { JsonValue } from '../manifest/json.ts'
import type { KubeObject, ManagedFieldsEntry } from '../manifest/object.ts'
import { unionOf } from './field-set.ts'
import type { PatchOperation } from './json-patch.ts'
import { formatPointer } from './pointer.ts'
import { switchesOf } from './switches.ts'

/** Another manager whose fields ours takes over. `name` is a prefix unless `exact`. */
export interface ManagerRule {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly exact?: boolean
}

const ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
]
const LABELS = ['fluxcd.io/sync-gc-mark']

/**
 * The managers that Flux takes over: kubectl in both ways of applying, what was there before the first apply, its own from
 * the time before server-side apply, and the given `overrides`.
 */
export function managersToReplace(manager: string, overrides: readonly string[] = []): readonly ManagerRule[] {
  return [
    { name: 'kubectl', operation: 'Apply' },
    { name: 'kubectl', operation: 'Update' },
    { name: 'before-first-apply', operation: 'Update' },
    { name: manager, operation: 'Update' },
    ...overrides.flatMap((name): readonly ManagerRule[] => [
      { name, operation: 'Apply' },
      { name, operation: 'Update' },
    ]),
  ]
}

/**
 * The JSON patch that makes a live object ours before it is applied: kubectl's and Flux's old annotations and labels go, and
 * the fields of the replaced managers become ours, so that leaving a field out of the source removes it. Empty where nothing
 * is to be done, and for objects with `ssa: Merge`.
 */
export function cleanUpPatch(
  live: KubeObject,
  desired: KubeObject,
  manager: string,
  rules: readonly ManagerRule[],
): readonly PatchOperation[] {
  if (switchesOf(live.metadata).merge || switchesOf(desired.metadata).merge) return []
  const remove = (field: 'annotations' | 'labels', keys: readonly string[]): readonly PatchOperation[] =>
    keys
      .filter(key => live.metadata[field]?.[key] !== undefined)
      .map(key => ({ op: 'remove', path: formatPointer(['metadata', field, key]) }))
  return [
    ...remove('annotations', ANNOTATIONS),
    ...remove('labels', LABELS),
    ...replaceManagers(live.metadata.managedFields ?? [], manager, rules),
  ]
}

function replaceManagers(
  entries: readonly ManagedFieldsEntry[],
  manager: string,
  rules: readonly ManagerRule[],
): readonly PatchOperation[] {
  const isOurs = (entry: ManagedFieldsEntry) => entry.manager === manager && entry.operation === 'Apply'
  const replaced = entries.filter(entry => !isOurs(entry) && rules.some(rule => matchesRule(entry, rule)))
  const [first, ...others] = replaced
  if (first === undefined) return []
  const own = entries.findLast(isOurs)
  const start: ManagedFieldsEntry = own ?? { ...first, manager, operation: 'Apply' }
  const merged = (own === undefined ? others : replaced).reduce(mergeEntries, start)
  const kept = entries.filter(entry => entry !== own && !replaced.includes(entry))
  const value = [...kept, merged] as unknown as JsonValue
  return [{ op: 'replace', path: '/metadata/managedFields', value }]
}

function matchesRule(entry: ManagedFieldsEntry, { name, operation, exact }: ManagerRule): boolean {
  if (entry.operation !== operation || (entry.subresource ?? '') !== '') return false
  return exact === true ? entry.manager === name : (entry.manager ?? '').startsWith(name)
}

function mergeEntries(into: ManagedFieldsEntry, from: ManagedFieldsEntry): ManagedFieldsEntry {
  if (from.fieldsV1 === undefined) return into
  return { ...into, fieldsV1: into.fieldsV1 === undefined ? from.fieldsV1 : unionOf(into.fieldsV1, from.fieldsV1) }
}
