import type { JsonValue } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { type Comparison, compareValues } from './compare.ts'
import { conflictsOf, type FieldConflict } from './conflict.ts'
import { difference, emptySet, type FieldSet, intersection, recursiveDifference, union } from './field-set.ts'
import type { ManagedSet, ManagerId } from './managed.ts'
import { mergeValues } from './merge.ts'
import { withNamedFields } from './named-fields.ts'
import { reconcileWithSchema } from './reconcile.ts'
import { removeFields } from './remove.ts'
import { fieldSetOfValue } from './to-set.ts'
import { type Typed, typedAt, type VersionedKind } from './versions.ts'

type Sets = ReadonlyMap<ManagerId, ManagedSet>

/** Field ownership after an apply, and the merged object; or what stands in its way. */
export type Merged =
  | { readonly object: KubeObject; readonly sets: Sets }
  | { readonly conflicts: readonly FieldConflict[] }

/**
 * Lays a configuration over the live object for a manager that applies: what it names it owns, what it named last time and
 * no longer does goes, unless somebody else owns it.
 */
export function mergeApplied(
  kind: VersionedKind,
  live: Typed,
  config: KubeObject,
  managers: Sets,
  manager: ManagerId,
  force: boolean,
): Merged {
  const apiVersion = config.apiVersion
  const sets = new Map(reconciled(kind, live.object, managers))
  const last = sets.get(manager)
  const merged = asObject(mergeValues(asJson(live.object), asJson(config), live.type))
  const set = withoutIgnored(kind, apiVersion, fieldSetOfValue(asJson(config), live.type))
  sets.set(manager, { set, apiVersion, applied: true })
  const object = prune(kind, { object: merged, type: live.type }, sets, manager, last)
  const result = settle(kind, live, { object, type: live.type }, sets, manager, force)
  return 'conflicts' in result ? result : { object, sets: result.sets }
}

/** Field ownership after a plain write: what it changed, its manager owns, and nobody else does any more. */
export function mergeUpdated(kind: VersionedKind, live: Typed, next: Typed, managers: Sets, manager: ManagerId): Sets {
  const apiVersion = next.object.apiVersion
  const result = settle(kind, live, next, reconciled(kind, live.object, managers), manager, true)
  if ('conflicts' in result) return managers
  const { removed, modified, added } = result.comparison
  const sets = new Map(result.sets)
  const before = sets.get(manager)?.set ?? emptySet
  const set = withoutIgnored(kind, apiVersion, union(union(difference(before, removed), modified), added))
  if (set.size === 0) sets.delete(manager)
  else sets.set(manager, { set, apiVersion, applied: false })
  return sets
}

/** Takes changed and removed fields from all other managers, or finds that it may not. */
function settle(
  kind: VersionedKind,
  live: Typed,
  next: Typed,
  managers: Sets,
  manager: ManagerId,
  force: boolean,
): { readonly sets: Sets; readonly comparison: Comparison } | { readonly conflicts: readonly FieldConflict[] } {
  const apiVersion = next.object.apiVersion
  const comparison = filtered(kind, apiVersion, live, next)
  const comparisons = new Map<string, Comparison | undefined>([[apiVersion, comparison]])
  const comparisonAt = (version: string) => {
    if (!comparisons.has(version)) {
      const [before, after] = [typedAt(kind, live.object, version), typedAt(kind, next.object, version)]
      comparisons.set(version, before && after && filtered(kind, version, before, after))
    }
    return comparisons.get(version)
  }
  const sets = new Map(managers)
  const conflicts = new Map<ManagerId, FieldSet>()
  for (const [id, owned] of managers) {
    if (id === manager) continue
    const change = comparisonAt(owned.apiVersion)
    if (change === undefined) {
      sets.delete(id)
      continue
    }
    const taken = intersection(owned.set, union(change.modified, change.added))
    if (taken.size > 0) conflicts.set(id, taken)
    const left = difference(difference(owned.set, taken), change.removed)
    if (left !== owned.set) sets.set(id, { ...owned, set: left })
  }
  if (!force && conflicts.size > 0) return { conflicts: conflictsOf(conflicts) }
  for (const [id, { set }] of sets) if (set.size === 0) sets.delete(id)
  return { sets, comparison }
}

function filtered(kind: VersionedKind, apiVersion: string, before: Typed, after: Typed): Comparison {
  const comparison = compareValues(asJson(before.object), asJson(after.object), after.type)
  const ignored = kind.ignoredAt?.(apiVersion)
  if (ignored === undefined) return comparison
  return {
    removed: recursiveDifference(comparison.removed, ignored),
    modified: recursiveDifference(comparison.modified, ignored),
    added: recursiveDifference(comparison.added, ignored),
  }
}

function withoutIgnored(kind: VersionedKind, apiVersion: string, set: FieldSet): FieldSet {
  return recursiveDifference(set, kind.ignoredAt?.(apiVersion) ?? emptySet)
}

function reconciled(kind: VersionedKind, live: KubeObject, managers: Sets): Sets {
  const out = new Map<ManagerId, ManagedSet>()
  for (const [id, owned] of managers) {
    const type = typedAt(kind, live, owned.apiVersion)?.type
    if (type === undefined) continue
    const set = reconcileWithSchema(owned.set, type)
    out.set(id, set === owned.set ? owned : { ...owned, set })
  }
  return out
}

/** The merged object without what the manager applied last time, does not any more, and nobody else owns. */
function prune(
  kind: VersionedKind,
  merged: Typed,
  sets: Sets,
  manager: ManagerId,
  last: ManagedSet | undefined,
): KubeObject {
  const current = sets.get(manager)!
  if (last === undefined || last.set.size === 0) return merged.object
  if (last.apiVersion === current.apiVersion && difference(last.set, current.set).size === 0) return merged.object
  const atLast = typedAt(kind, merged.object, last.apiVersion)
  if (atLast === undefined) return merged.object
  const pruned = remove(atLast, withNamedFields(last.set, atLast.type))
  const kept = addBackOwned(kind, atLast, pruned, sets)
  const result = addBackDangling(kind, atLast, kept, last)
  return typedAt(kind, result, current.apiVersion)?.object ?? result
}

/** What somebody owns, in any version, comes back. */
function addBackOwned(kind: VersionedKind, merged: Typed, pruned: KubeObject, sets: Sets): KubeObject {
  const byVersion = new Map<string, FieldSet>()
  // The pruned version first: converting an object that lost fields which the conversion needs would fail.
  for (const { apiVersion } of [{ apiVersion: merged.object.apiVersion }, ...sets.values()])
    byVersion.set(apiVersion, emptySet)
  for (const { apiVersion, set } of sets.values()) byVersion.set(apiVersion, union(byVersion.get(apiVersion)!, set))
  let result = pruned
  for (const [version, owned] of byVersion) {
    if (owned.size === 0) continue
    const [whole, part] = [typedAt(kind, merged.object, version), typedAt(kind, result, version)]
    if (whole === undefined || part === undefined) continue
    const named = withNamedFields(namedFields(whole), whole.type)
    const keep = union(withNamedFields(namedFields(part), whole.type), withNamedFields(owned, whole.type))
    result = remove(whole, difference(named, keep))
  }
  return result
}

/** What went only because something around it was pruned, without ever having been applied, comes back. */
function addBackDangling(kind: VersionedKind, merged: Typed, pruned: KubeObject, last: ManagedSet): KubeObject {
  const part = typedAt(kind, pruned, last.apiVersion)
  if (part === undefined) return merged.object
  const { type } = merged
  const gone = difference(withNamedFields(namedFields(merged), type), withNamedFields(namedFields(part), type))
  return remove(merged, intersection(gone, withNamedFields(last.set, type)))
}

function namedFields({ object, type }: Typed): FieldSet {
  return fieldSetOfValue(asJson(object), type)
}

function remove({ object, type }: Typed, set: FieldSet): KubeObject {
  return set.size === 0 ? object : asObject(removeFields(asJson(object), set, type))
}

function asJson(object: KubeObject): JsonValue {
  return object as unknown as JsonValue
}

function asObject(value: JsonValue): KubeObject {
  return value as unknown as KubeObject
}
