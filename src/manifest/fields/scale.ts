import type { ManagedFieldsEntry } from '../object.ts'
import { difference, type FieldSet, hasPath, setOf } from './field-set.ts'
import { decodeManaged, encodeManaged, type ManagedSet, type ManagerId } from './managed.ts'
import { type FieldPath, fieldElement } from './path-element.ts'

/**
 * Where each `apiVersion` of a resource keeps its replicas; undefined as a value for versions without a scale
 * subresource. Entries of versions that are not listed are dropped, as the API server does.
 */
export type ReplicasPaths = Readonly<Record<string, FieldPath | undefined>>

const scaleVersion = 'autoscaling/v1'
const scaleReplicas: FieldSet = setOf(['spec', 'replicas'].map(fieldElement))

/** The entries of a resource as those of its scale: whoever owns the replicas owns `spec.replicas` of the scale. */
export function scaleManagedFields(
  parent: readonly ManagedFieldsEntry[],
  paths: ReplicasPaths,
): readonly ManagedFieldsEntry[] {
  const managed = decodeManaged(parent)
  const sets = new Map<ManagerId, ManagedSet>()
  for (const [id, owned] of managed.sets) {
    const path = paths[owned.apiVersion]
    if (path === undefined || !hasPath(owned.set, path)) continue
    sets.set(id, { set: scaleReplicas, apiVersion: scaleVersion, applied: owned.applied })
  }
  return encodeManaged({ sets, times: managed.times })
}

/**
 * The entries of a resource after a write to its scale in `apiVersion`. A new owner of the replicas has no time: the API
 * server looks for it among the entries of the resource.
 */
export function parentManagedFields(
  parent: readonly ManagedFieldsEntry[],
  scale: readonly ManagedFieldsEntry[],
  apiVersion: string,
  paths: ReplicasPaths,
): readonly ManagedFieldsEntry[] {
  const before = decodeManaged(parent)
  const scaled = new Map(decodeManaged(scale).sets)
  const sets = new Map<ManagerId, ManagedSet>()
  for (const [id, owned] of before.sets) {
    if (!Object.hasOwn(paths, owned.apiVersion)) continue
    const path = paths[owned.apiVersion]
    if (path === undefined || !hasPath(owned.set, path) || scaled.delete(id)) {
      sets.set(id, owned)
      continue
    }
    const set = difference(owned.set, setOf(path))
    if (set.size > 0) sets.set(id, { ...owned, set })
  }
  const own = paths[apiVersion]
  const replicas = own === undefined ? undefined : setOf(own)
  for (const [id, { set, applied }] of scaled) {
    if (replicas === undefined || !hasPath(set, ['spec', 'replicas'].map(fieldElement))) continue
    sets.set(id, { set: replicas, apiVersion, applied })
  }
  return encodeManaged({ sets, times: before.times })
}
