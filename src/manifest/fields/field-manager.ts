import type { JsonObject } from '../json.ts'
import { gvkOf, type KubeObject, type ManagedFieldsEntry } from '../object.ts'
import { sameValue } from '../same-value.ts'
import { capUpdateManagers } from './cap-managers.ts'
import { type ConflictCause, conflictCauses, conflictMessage, type FieldConflict } from './conflict.ts'
import { emptyObject } from './empty-object.ts'
import { difference, type FieldSet, fieldSetOf, hasPath, union } from './field-set.ts'
import { allowedByLastApplied, withLastApplied } from './last-applied.ts'
import {
  decodeManaged,
  encodeManaged,
  type Managed,
  type ManagedSet,
  type ManagerId,
  managerId,
  noManagers,
} from './managed.ts'
import { mergeTypeOf } from './merge-type.ts'
import { mergeApplied, mergeUpdated } from './updater.ts'
import { formatTypeProblems, typeProblems } from './validate.ts'
import type { Typed, VersionedKind } from './versions.ts'

/** Who writes, when (RFC 3339, whole seconds), and through which subresource. */
export interface Writer {
  readonly manager: string
  readonly now: string
  readonly subresource?: string
}

export interface ApplyInput extends Writer {
  readonly kind: VersionedKind
  /** As the server has it, in the version of the configuration; undefined when the object is to be created. */
  readonly live: KubeObject | undefined
  readonly config: KubeObject
  readonly force?: boolean
}

export type ApplyResult =
  | {
      readonly status: 'applied'
      /** Merged, with its new `managedFields`; not yet defaulted. */
      readonly object: KubeObject
      /** False where the configuration changed no value; ownership may have changed all the same. */
      readonly changed: boolean
    }
  | { readonly status: 'conflict'; readonly message: string; readonly causes: readonly ConflictCause[] }
  | { readonly status: 'invalid'; readonly code: 400 | 500; readonly message: string }

export interface UpdateInput extends Writer {
  readonly kind: VersionedKind
  /** Undefined for a create. */
  readonly live: KubeObject | undefined
  /** What is about to be stored, defaulted, in the same version. Its `managedFields` count where it names any. */
  readonly next: KubeObject
}

/** Fields that the server owns: no manager ever has them. */
const serverFields: FieldSet = fieldSetOf(
  'apiVersion',
  'kind',
  'metadata',
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields']
    .concat('resourceVersion')
    .map(name => `metadata.${name}`),
)

const beforeFirstApply = 'before-first-apply'
/** kubectl's name when it applies on the server; only that one takes over from client-side apply. */
const kubectl = 'kubectl'

/**
 * Server-side apply. Every outcome is a value: the merged object, the conflicts with the server's message, or why the
 * configuration has the wrong shape.
 */
export function applyConfiguration(input: ApplyInput): ApplyResult {
  const { kind, config, manager } = input
  const { apiVersion } = config
  const schema = kind.schemaAt(apiVersion)
  if (schema === undefined) {
    return { status: 'invalid', code: 500, message: `no corresponding type for ${describeKind(config)}` }
  }
  if (config.metadata?.managedFields !== undefined && config.metadata.managedFields !== null) {
    return { status: 'invalid', code: 400, message: 'metadata.managedFields must be nil' }
  }
  const type = mergeTypeOf(schema)
  const problems = typeProblems(config as unknown as JsonObject, type)
  if (problems.length > 0) {
    const message = `failed to create typed patch object (${describe(config)}): ${formatTypeProblems(problems)}`
    return { status: 'invalid', code: 500, message }
  }
  const stored = input.live ?? emptyObject(schema, apiVersion, config.kind)
  const live: Typed = { object: withoutManagedFields(stored), type }
  let managed = decodeManaged(stored.metadata.managedFields ?? [])
  if (managed.sets.size === 0) {
    const empty: Typed = { object: emptyObject(schema, apiVersion, config.kind), type }
    managed = recordUpdate({ ...input, manager: beforeFirstApply }, empty, live, managed)
  }

  const id = managerId({ manager: nameOf(manager), operation: 'Apply', ...subresourceOf(input) })
  let merged = mergeApplied(kind, live, config, managed.sets, id, input.force ?? false)
  if ('conflicts' in merged && manager === kubectl) {
    const allowed = allowedByLastApplied(live, apiVersion)
    const left =
      allowed === undefined ? merged.conflicts : merged.conflicts.filter(({ path }) => !hasPath(allowed, path))
    merged = left.length === 0 ? mergeApplied(kind, live, config, managed.sets, id, true) : { conflicts: left }
  }
  if ('conflicts' in merged) return conflict(merged.conflicts)

  const changed = !sameValue(live.object as unknown as JsonObject, merged.object as unknown as JsonObject)
  const sets = withoutServerFields(merged.sets, id)
  const times = changed ? new Map(managed.times).set(id, input.now) : managed.times
  const object = manager === kubectl ? withLastApplied(merged.object, config) : merged.object
  return { status: 'applied', object: withManaged(object, { sets, times }), changed }
}

/** Field ownership after a create, an update or a patch that is no apply: `next` with its new `managedFields`. */
export function updateManagedFields(input: UpdateInput): KubeObject {
  const { kind, live, next, subresource } = input
  const schema = kind.schemaAt(next.apiVersion)
  const managed = managedBefore(live, next, subresource !== undefined)
  const bare = withoutManagedFields(next)
  if (schema === undefined || (managed.sets.size === 0 && live !== undefined)) return bare
  const type = mergeTypeOf(schema)
  const before = live === undefined ? emptyObject(schema, next.apiVersion, next.kind) : withoutManagedFields(live)
  return withManaged(bare, recordUpdate(input, { object: before, type }, { object: bare, type }, managed))
}

/** Whose fields they are before the write. A writer may set `managedFields` itself, and resets them by an empty list. */
function managedBefore(live: KubeObject | undefined, next: KubeObject, subresource: boolean): Managed {
  const given = next.metadata.managedFields
  if (!subresource && given !== undefined && given !== null) {
    if (given.length === 0 || (given.length === 1 && Object.keys(given[0] ?? {}).length === 0)) return noManagers
    const managed = decodeOrNone(given)
    if (managed.sets.size > 0) return managed
  }
  return decodeOrNone(live?.metadata.managedFields ?? [])
}

function decodeOrNone(entries: readonly ManagedFieldsEntry[]): Managed {
  try {
    return decodeManaged(entries)
  } catch {
    return noManagers
  }
}

/** Stands for the write while ownership is computed, so that it is known whether this write took anything. */
const currentOperation: ManagerId = 'current-operation'

function recordUpdate(writer: Writer & { kind: VersionedKind }, live: Typed, next: Typed, managed: Managed): Managed {
  const { apiVersion } = next.object
  const sets = new Map(
    withoutServerFields(mergeUpdated(writer.kind, live, next, managed.sets, currentOperation), currentOperation),
  )
  const taken = sets.get(currentOperation)
  if (taken === undefined) return capUpdateManagers({ sets, times: managed.times })
  const id = managerId({ manager: nameOf(writer.manager), operation: 'Update', apiVersion, ...subresourceOf(writer) })
  sets.delete(currentOperation)
  const previous = sets.get(id)
  sets.set(id, previous === undefined ? taken : { ...taken, set: union(taken.set, previous.set) })
  return capUpdateManagers({ sets, times: new Map(managed.times).set(id, writer.now) })
}

function withoutServerFields(
  sets: ReadonlyMap<ManagerId, ManagedSet>,
  id: ManagerId,
): ReadonlyMap<ManagerId, ManagedSet> {
  const own = sets.get(id)
  if (own === undefined) return sets
  const set = difference(own.set, serverFields)
  const out = new Map(sets)
  if (set.size === 0) out.delete(id)
  else out.set(id, { ...own, set })
  return out
}

function conflict(conflicts: readonly FieldConflict[]): ApplyResult {
  return { status: 'conflict', message: conflictMessage(conflicts), causes: conflictCauses(conflicts) }
}

function nameOf(manager: string): string {
  return manager === '' ? 'unknown' : manager
}

function subresourceOf({ subresource }: Writer): { readonly subresource?: string } {
  return subresource === undefined ? {} : { subresource }
}

/** The object without its `managedFields`. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object
  const { managedFields, ...metadata } = object.metadata
  return { ...object, metadata }
}

function withManaged(object: KubeObject, managed: Managed): KubeObject {
  const entries = encodeManaged(managed)
  if (entries.length === 0) return object
  return { ...object, metadata: { ...object.metadata, managedFields: entries } }
}

function describe(object: KubeObject): string {
  const { namespace = '', name = '' } = object.metadata ?? {}
  return `${namespace}/${name}; ${describeKind(object)}`
}

function describeKind(object: KubeObject): string {
  const { group, version, kind } = gvkOf(object)
  return `${group}/${version}, Kind=${kind}`
}
