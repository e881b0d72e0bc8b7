import { kustomizationKind } from '../api/kustomization.ts'
import { isArray, type JsonObject } from '../manifest/json.ts'
import { gvkOf, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import type { ChangeEntry, FieldChange } from './change-set.ts'
import { ownsPath } from './field-set.ts'
import type { LiveState } from './live-view.ts'
import { matchLive } from './match-live.ts'
import { diffContent } from './object-diff.ts'
import { getAt, parsePointer } from './pointer.ts'
import { asStored } from './server-defaults.ts'

/** Set to `report` on a Kustomization or on a single object whose drift is to be told, but not undone. */
const DRIFT = 'lockstep.dev/drift'

/** Where drift is told instead of undone. */
export interface DriftReporting {
  /** For all objects, not only for those with the annotation. */
  readonly all: boolean
  /** Whether the object was applied last with this digest (`ChangeEntry.digest`), so that what differs is not Git's doing. */
  wasApplied(ref: ObjectRef, digest: string): boolean
}

/** Whether an object's annotation asks for its drift to be told instead of undone. */
export function asksForReport({ metadata }: Pick<KubeObject, 'metadata'>): boolean {
  return metadata.annotations?.[DRIFT]?.toLowerCase() === 'report'
}

/** Whether an object, in the source or on the cluster, asks for itself; a Kustomization asks for what it applies. */
function asksForItself(desired: KubeObject, live: LiveState): boolean {
  if (gvkOf(desired).group === kustomizationKind.group) return false
  return asksForReport(desired) || (live.state === 'object' && asksForReport(live.object))
}

/** The manager other than ours that wrote last, its writes to the status left aside; undefined where none is known. */
export function lastOtherWriter({ metadata }: KubeObject, manager: string): string | undefined {
  return latestWriter({ metadata } as KubeObject, manager, () => true)
}

/** Who owns a field of a live object, apart from `manager`: the one that wrote last, where several or none do. */
export function writerOf(live: KubeObject, path: string, manager: string): string | undefined {
  const parts = parsePointer(path)
  const owns = (fields: JsonObject) => ownsPath(fields, live as unknown as JsonObject, parts)
  return latestWriter(live, manager, owns) ?? lastOtherWriter(live, manager)
}

function latestWriter(
  { metadata }: KubeObject,
  manager: string,
  owns: (fields: JsonObject) => boolean,
): string | undefined {
  const others = (metadata.managedFields ?? []).filter(
    entry => entry.manager !== manager && entry.subresource !== 'status' && owns(entry.fieldsV1 ?? {}),
  )
  return others.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0]?.manager
}

/** Items that somebody added to a list of ours; a plain list belongs to one manager as a whole. */
function addedItems(live: KubeObject, desired: KubeObject): readonly FieldChange[] {
  const [x, y] = [live as unknown as JsonObject, asStored(desired) as unknown as JsonObject]
  const isItem = (path: string) => isArray(getAt(x, parsePointer(path).slice(0, -1)))
  return diffContent(x, y).flatMap(({ op, path, before }) =>
    op === 'remove' && isItem(path) ? [{ path, ...(before !== undefined && { before }) }] : [],
  )
}

/**
 * The entry of an object whose drift is only told: nothing is done, and each field that differs names who made it so.
 * Everything else as planned: an object that Git changed is applied, whatever else has drifted on it.
 */
export function toldOnly(
  entry: ChangeEntry,
  live: LiveState,
  reporting: DriftReporting | undefined,
  manager: string,
): ChangeEntry {
  const { cause, desired, digest, ref } = entry
  const isRepair = cause === 'absent' || cause === 'drifted' || cause === 'clean-up' || cause === 'not-owned'
  if (!isRepair || reporting === undefined || desired === undefined || digest === undefined) return entry
  if (!(reporting.all || asksForItself(desired, live)) || !reporting.wasApplied(ref, digest)) return entry
  const { cleanUp: _, ...rest } = entry
  if (live.state !== 'object') return { ...rest, action: 'skip', cause: 'reported', changes: [] }
  // What kubectl owns beside the fields of the source is no drift.
  if (matchLive(desired, live.object, manager) === 'same') return { ...rest, action: 'unchanged', cause: 'in-sync' }
  const differences = [...entry.changes, ...addedItems(live.object, desired)]
  // Only who owns the fields differs: applying them again takes nothing from anybody.
  if (differences.length === 0) return { ...rest, cause: 'not-owned' }
  const changes = differences.map((change): FieldChange => {
    const by = writerOf(live.object, change.path, manager)
    return by === undefined ? change : { ...change, by }
  })
  return { ...rest, action: 'skip', cause: 'reported', changes }
}
