import type { KubeObject, OwnerReference } from '../../manifest/object.ts'
import { parseApiVersion } from '../../manifest/object.ts'
import type { SandboxClient } from '../client.ts'
import type { Controller } from '../controller.ts'
import { storageKey } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'
import { withMetadata } from '../registry/metadata.ts'
import type { Store } from '../store.ts'
import { createWorkQueue } from './work-queue.ts'

/**
 * Deletes what has lost its owners: background, foreground (dependents first) and orphaning, by the rules of the garbage
 * collector of Kubernetes. A reference to an owner that never was is a lost owner too.
 */
export function garbageCollector(store: Store, catalog: Catalog): Controller {
  return ({ client, report }) => {
    /** UID of an owner to the keys of what it owns; keys are `resource namespace name`. */
    const dependents = new Map<string, Set<string>>()
    const queue = createWorkQueue(key => examine(key), report)

    for (const resource of store.resources())
      for (const { object } of store.list(resource)) index(resource, object, true)
    const stop = store.onWrite(event => {
      const { resource, current, previous, type } = event
      const key = keyOf(resource, current.object)
      const before = previous?.object.metadata.ownerReferences
      const after = current.object.metadata.ownerReferences
      if (previous !== undefined && before !== undefined && (type === 'DELETED' || before !== after))
        index(resource, previous.object, false)
      if (type !== 'DELETED') {
        if (after !== undefined) {
          if (before !== after) index(resource, current.object, true)
          queue.add(key)
        }
        if (current.object.metadata.deletionTimestamp !== undefined) queue.add(key)
      } else {
        for (const dependent of dependents.get(current.object.metadata.uid ?? '') ?? []) queue.add(dependent)
        for (const owner of before ?? []) requeueOwner(owner, current.object)
      }
    })
    for (const keys of dependents.values()) for (const key of keys) queue.add(key)

    function index(resource: string, object: KubeObject, add: boolean): void {
      for (const { uid } of object.metadata.ownerReferences ?? []) {
        const keys = dependents.get(uid) ?? new Set()
        if (add) keys.add(keyOf(resource, object))
        else keys.delete(keyOf(resource, object))
        if (keys.size > 0) dependents.set(uid, keys)
        else dependents.delete(uid)
      }
    }

    /** An owner that waits for its dependents looks again when one is gone. */
    function requeueOwner(owner: OwnerReference, dependent: KubeObject): void {
      const found = ownerOf(owner, dependent)
      if (found !== undefined && found.object.metadata.deletionTimestamp !== undefined)
        queue.add(keyOf(found.resource, found.object))
    }

    function ownerOf(
      owner: OwnerReference,
      dependent: KubeObject,
    ): { resource: string; object: KubeObject } | undefined {
      const { group } = parseApiVersion(owner.apiVersion)
      const kind = catalog.ofKind(group, owner.kind)?.kind
      if (kind === undefined) return undefined
      const resource = storageKey(kind)
      const namespace = kind.namespaced ? (dependent.metadata.namespace ?? '') : ''
      const object = client.get(resource, namespace, owner.name)
      return object === undefined || object.metadata.uid !== owner.uid ? undefined : { resource, object }
    }

    function examine(key: string): void {
      const [resource = '', namespace = '', name = ''] = key.split(' ')
      const object = client.get(resource, namespace, name)
      if (object === undefined) return
      if (object.metadata.deletionTimestamp !== undefined) {
        const { finalizers = [] } = object.metadata
        if (finalizers.includes('orphan')) orphan(resource, object)
        else if (finalizers.includes('foregroundDeletion')) deleteDependents(resource, object)
        return
      }
      collect(resource, object)
    }

    function collect(resource: string, object: KubeObject): void {
      const { ownerReferences = [], namespace = '', name, uid } = object.metadata
      if (ownerReferences.length === 0) return
      const owners = ownerReferences.map(reference => ({ reference, owner: ownerOf(reference, object) }))
      if (owners.some(({ reference }) => isUnknownKind(reference))) return
      const solid = owners.filter(({ owner }) => owner !== undefined && !waitsForDependents(owner.object))
      const dangling = owners.filter(({ owner }) => owner === undefined)
      const waiting = owners.filter(({ owner }) => owner !== undefined && waitsForDependents(owner.object))
      const precondition = uid === undefined ? {} : { uid }
      if (solid.length > 0) {
        if (dangling.length + waiting.length === 0) return
        const kept = solid.map(({ reference }) => reference)
        update(client, resource, withMetadata(object, { ownerReferences: kept }))
      } else if (waiting.length > 0)
        client.delete(resource, namespace, name, {
          propagation: (dependents.get(uid ?? '')?.size ?? 0) > 0 ? 'Foreground' : 'Background',
          ...precondition,
        })
      else client.delete(resource, namespace, name, { propagation: policyOf(object), ...precondition })
    }

    function isUnknownKind(reference: OwnerReference): boolean {
      return catalog.ofKind(parseApiVersion(reference.apiVersion).group, reference.kind) === undefined
    }

    function orphan(resource: string, object: KubeObject): void {
      const { uid = '' } = object.metadata
      for (const { resource: at, object: dependent } of owned(uid)) {
        const kept = (dependent.metadata.ownerReferences ?? []).filter(one => one.uid !== uid)
        update(client, at, withMetadata(dependent, { ownerReferences: kept.length === 0 ? undefined : kept }))
      }
      release(resource, object, 'orphan')
    }

    function deleteDependents(resource: string, object: KubeObject): void {
      const { uid = '' } = object.metadata
      const found = owned(uid)
      const blocking = found.filter(({ object: dependent }) =>
        (dependent.metadata.ownerReferences ?? []).some(one => one.uid === uid && one.blockOwnerDeletion === true),
      )
      for (const one of found)
        if (one.object.metadata.deletionTimestamp === undefined) collect(one.resource, one.object)
      const left = blocking.filter(
        one =>
          client.get(one.resource, one.object.metadata.namespace ?? '', one.object.metadata.name)?.metadata.uid ===
          one.object.metadata.uid,
      )
      if (left.length === 0) release(resource, object, 'foregroundDeletion')
    }

    function release(resource: string, object: KubeObject, finalizer: string): void {
      const { namespace = '', name } = object.metadata
      const live = client.get(resource, namespace, name)
      if (live === undefined) return
      const kept = (live.metadata.finalizers ?? []).filter(one => one !== finalizer)
      update(client, resource, withMetadata(live, { finalizers: kept.length === 0 ? undefined : kept }))
    }

    function owned(uid: string): readonly { resource: string; object: KubeObject }[] {
      return [...(dependents.get(uid) ?? [])].flatMap(key => {
        const [resource = '', namespace = '', name = ''] = key.split(' ')
        const object = client.get(resource, namespace, name)
        return object === undefined ? [] : [{ resource, object }]
      })
    }

    return () => {
      queue.stop()
      stop()
    }
  }
}

function update(client: SandboxClient, resource: string, object: KubeObject): void {
  client.update(resource, object)
}

function keyOf(resource: string, object: KubeObject): string {
  return `${resource} ${object.metadata.namespace ?? ''} ${object.metadata.name}`
}

function waitsForDependents(owner: KubeObject): boolean {
  return (
    owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes('foregroundDeletion')
  )
}

function policyOf(object: KubeObject): 'Background' | 'Foreground' | 'Orphan' {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes('orphan')) return 'Orphan'
  return finalizers.includes('foregroundDeletion') ? 'Foreground' : 'Background'
}
