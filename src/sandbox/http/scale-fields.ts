import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject, ManagedFieldsEntry } from '../../manifest/object.ts'

const REPLICAS: JsonObject = { 'f:spec': { 'f:replicas': {} } }
const SCALE_VERSION = 'autoscaling/v1'

/** Who owns the number of replicas, as `managedFields` of the Scale of an object. */
export function scaleManagers(object: KubeObject, path: readonly string[]): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? [])
    .filter(entry => owns(entry.fieldsV1, path))
    .map(entry => ({ ...entry, apiVersion: SCALE_VERSION, fieldsV1: REPLICAS }))
}

/**
 * The object's `managedFields` after its Scale was written: managers that lost the number lose the field, and those that
 * won it have an entry for the subresource.
 */
export function parentManagers(
  object: KubeObject,
  scale: readonly ManagedFieldsEntry[],
  path: readonly string[],
  apiVersion: string,
): readonly ManagedFieldsEntry[] {
  const same = (a: ManagedFieldsEntry, b: ManagedFieldsEntry) =>
    a.manager === b.manager && a.operation === b.operation && (a.subresource ?? '') === (b.subresource ?? '')
  const kept = (object.metadata.managedFields ?? []).flatMap(entry => {
    if (!owns(entry.fieldsV1, path) || scale.some(one => same(one, entry))) return [entry]
    const fieldsV1 = without(entry.fieldsV1 ?? {}, path)
    return fieldsV1 === undefined ? [] : [{ ...entry, fieldsV1 }]
  })
  const added = scale
    .filter(entry => !kept.some(one => same(one, entry) && owns(one.fieldsV1, path)))
    .map(({ time: _time, ...entry }) => ({ ...entry, apiVersion, fieldsV1: nest(path), subresource: 'scale' }))
  return [...kept, ...added].sort(inOrder)
}

/** Applies before updates, then by time, those without one first. */
function inOrder(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  const keys = (entry: ManagedFieldsEntry) =>
    [
      entry.operation ?? '',
      entry.time ?? '',
      entry.manager ?? '',
      entry.apiVersion ?? '',
      entry.subresource ?? '',
    ].join(' ')
  return keys(a) < keys(b) ? -1 : 1
}

function owns(fields: JsonObject | undefined, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true
  const next = fields?.[`f:${step}`]
  return next !== undefined && owns(next as JsonObject, rest)
}

/** A field set without one path; undefined when nothing is left of it. */
function without(fields: JsonObject, [step = '', ...rest]: readonly string[]): JsonObject | undefined {
  const { [`f:${step}`]: inner, ...others } = fields
  const left = rest.length === 0 ? undefined : without((inner ?? {}) as JsonObject, rest)
  const result = left === undefined ? others : { ...others, [`f:${step}`]: left }
  const names = Object.keys(result)
  // A field that is owned by itself and has no owned fields in it any more is written without the dot.
  if (names.length === 1 && names[0] === '.') return {}
  return names.length === 0 ? undefined : result
}

function nest([step, ...rest]: readonly string[]): JsonObject {
  return step === undefined ? {} : { [`f:${step}`]: nest(rest) }
}
