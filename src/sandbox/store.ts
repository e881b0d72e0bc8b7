import type { KubeObject } from '../manifest/object.ts'

/** One version of one object. Its JSON text is made once and shared by every answer and watch that sends it. */
export interface Stored {
  readonly namespace: string
  readonly name: string
  /** The store's revision at which this version was written: `metadata.resourceVersion`. */
  readonly revision: number
  /** In the storage version of its kind, with `resourceVersion` set. Never changed in place. */
  readonly object: KubeObject
  /** The object as JSON. */
  json(): string
}

/** A write, as watchers see it. For DELETED `current` is the last state with the revision of the deletion. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: string
  readonly revision: number
  readonly current: Stored
  readonly previous?: Stored
}

export interface StoreOptions {
  /** How many events each resource keeps for watches that start in the past; older ones answer `Expired`. 10,000 by default. */
  readonly history?: number
  /** The revision to go on from, 1 by default. */
  readonly revision?: number
}

/**
 * All objects of the sandbox, in memory. Resources are named by their storage key, `<group>/<plural>` (`apps/deployments`,
 * `/pods`); what belongs to no namespace has the namespace ''. Everything is synchronous: between two awaits nothing else
 * writes, so read-check-write needs no lock.
 */
export interface Store {
  /** The revision of the last write; grows by one with each write, over all resources. */
  readonly revision: number
  get(resource: string, namespace: string, name: string): Stored | undefined
  /** In key order (`namespace/name`, bytewise), like etcd's. Every namespace when it is left out. */
  list(resource: string, namespace?: string): readonly Stored[]
  /** The list as it was at an earlier revision; undefined when history does not reach back that far. */
  listAt(resource: string, revision: number, namespace?: string): readonly Stored[] | undefined
  /** How many objects a resource has. */
  count(resource: string): number
  /**
   * Writes an object, new or changed, and returns it with its `resourceVersion`. The object's identity is taken from its
   * metadata.
   */
  put(resource: string, object: KubeObject): Stored
  /** Removes an object; `last` is its final state, where it differs from the stored one. Undefined when there was none. */
  remove(resource: string, namespace: string, name: string, last?: KubeObject): Stored | undefined
  /**
   * Events of a resource after `since` (a revision), first those of the past, at once, then as they come. Listeners are
   * called in order of revision right after the write; what they write themselves is delivered after the event that they
   * are handling. Undefined when history does not reach back that far. The result ends the watch.
   */
  watch(resource: string, since: number, listener: (event: StoreEvent) => void): (() => void) | undefined
  /** Every event of every resource, from now on: for persistence and indexes. */
  onWrite(listener: (event: StoreEvent) => void): () => void
  /** Drops history before a revision, so that older watches and continue tokens expire. */
  compact(revision: number): void
  /** Resources that hold objects. */
  resources(): readonly string[]
}
