import type { KubeObject, OwnerReference } from '../../../manifest/object.ts'
import type { SandboxClient } from '../../client.ts'
import { keyOf } from './reconciler.ts'

/** Objects of one resource, found by something that is computed from them. Always as the store has them. */
export interface Index {
  of(value: string): readonly KubeObject[]
  stop(): void
}

/** Watches a resource and keeps it sorted by `value`; objects without one are left out. `onChange` hears of every value touched. */
export function createIndex(
  client: SandboxClient,
  resource: string,
  value: (object: KubeObject) => string | undefined,
  onChange: (value: string, object: KubeObject, deleted: boolean) => void = () => {},
): Index {
  const shelves = new Map<string, Map<string, KubeObject>>()
  const take = (from: string | undefined, key: string) => {
    if (from === undefined) return
    const shelf = shelves.get(from)
    shelf?.delete(key)
    if (shelf?.size === 0) shelves.delete(from)
  }
  const stop = client.watch(resource, ({ type, current, previous }) => {
    const key = keyOf(current.object)
    const before = previous === undefined ? undefined : value(previous.object)
    const now = value(current.object)
    if (before !== undefined && (type === 'DELETED' || before !== now)) {
      take(before, key)
      if (before !== now) onChange(before, current.object, type === 'DELETED')
    }
    if (now === undefined) return
    if (type === 'DELETED') take(now, key)
    else {
      let shelf = shelves.get(now)
      if (shelf === undefined) {
        shelf = new Map()
        shelves.set(now, shelf)
      }
      shelf.set(key, current.object)
    }
    onChange(now, current.object, type === 'DELETED')
  })
  return { of: wanted => [...(shelves.get(wanted)?.values() ?? [])], stop }
}

/** The owner that controls an object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(owner => owner.controller === true)
}

/** `createIndex` by the UID of the controlling owner. */
export function indexByOwner(
  client: SandboxClient,
  resource: string,
  onChange?: (uid: string, object: KubeObject, deleted: boolean) => void,
): Index {
  return createIndex(client, resource, object => controllerOf(object)?.uid, onChange)
}

/** The reference by which an owner controls what it makes. */
export function ownerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}
