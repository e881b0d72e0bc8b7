import type { KubeObject, ObjectMeta } from '../manifest/object.ts'

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
  /** Puts back an object with the revision that it has, without an event: for a store that is being filled. */
  restore(resource: string, object: KubeObject): void
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
  /** The last revision of a resource's history that is gone: watches can start at it, but not before. */
  compacted(resource: string): number
  /** Drops history before a revision, so that older watches and continue tokens expire. */
  compact(revision: number): void
  /** Resources that hold objects. */
  resources(): readonly string[]
}

interface Shelf {
  readonly byKey: Map<string, Stored>
  /** Sorted; rebuilt lazily after bulk writes would cost more than inserting in place. */
  readonly keys: string[]
  readonly events: StoreEvent[]
  /** Events up to and including this revision are no longer there. */
  compacted: number
  readonly listeners: Set<(event: StoreEvent) => void>
}

/** An empty store. */
export function createStore(options: StoreOptions = {}): Store {
  const history = options.history ?? 10_000
  const shelves = new Map<string, Shelf>()
  const writeListeners = new Set<(event: StoreEvent) => void>()
  const undelivered: StoreEvent[] = []
  let delivering = false
  let revision = options.revision ?? 1
  let floor = options.revision ?? 0

  const shelf = (resource: string): Shelf => {
    let found = shelves.get(resource)
    if (found === undefined) {
      found = { byKey: new Map(), keys: [], events: [], compacted: floor, listeners: new Set() }
      shelves.set(resource, found)
    }
    return found
  }

  function publish(event: StoreEvent): void {
    const { events } = shelf(event.resource)
    events.push(event)
    // Trimmed in bulk: moving the array on every write would cost more than the spare quarter.
    if (events.length > history * 1.25) trim(event.resource, events.length - history)
    undelivered.push(event)
    if (delivering) return
    delivering = true
    try {
      for (let next = undelivered.shift(); next !== undefined; next = undelivered.shift()) {
        for (const listener of writeListeners) tell(listener, next)
        for (const listener of shelf(next.resource).listeners) tell(listener, next)
      }
    } finally {
      delivering = false
    }
  }

  function trim(resource: string, count: number): void {
    const { events } = shelf(resource)
    const last = events[count - 1]
    if (last === undefined) return
    shelf(resource).compacted = last.revision
    events.splice(0, count)
  }

  function select(entries: Shelf, namespace: string | undefined): Stored[] {
    const { keys, byKey } = entries
    const from = namespace === undefined || namespace === '' ? 0 : lowerBound(keys, `${namespace}/`)
    const to = namespace === undefined || namespace === '' ? keys.length : lowerBound(keys, `${namespace}0`)
    const result: Stored[] = new Array(to - from)
    for (let index = from; index < to; index++) result[index - from] = byKey.get(keys[index]!)!
    return result
  }

  return {
    get revision() {
      return revision
    },
    get: (resource, namespace, name) => shelves.get(resource)?.byKey.get(keyOf(namespace, name)),
    list: (resource, namespace) => {
      const entries = shelves.get(resource)
      return entries === undefined ? [] : select(entries, namespace)
    },
    listAt(resource, at, namespace) {
      const entries = shelf(resource)
      if (at < entries.compacted || at > revision) return undefined
      const changed = new Map<string, Stored | undefined>()
      for (let index = entries.events.length - 1; index >= 0; index--) {
        const event = entries.events[index]!
        if (event.revision <= at) break
        changed.set(keyOf(event.current.namespace, event.current.name), event.previous)
      }
      const wanted = (stored: Stored) => namespace === undefined || namespace === '' || stored.namespace === namespace
      const kept = select(entries, namespace).filter(stored => !changed.has(keyOf(stored.namespace, stored.name)))
      const old = [...changed.values()].filter(stored => stored !== undefined).filter(wanted)
      if (old.length === 0) return kept
      return [...kept, ...old].sort((a, b) => (keyOf(a.namespace, a.name) < keyOf(b.namespace, b.name) ? -1 : 1))
    },
    count: resource => shelves.get(resource)?.byKey.size ?? 0,
    put(resource, object) {
      const entries = shelf(resource)
      const stored = store(object, ++revision)
      const key = keyOf(stored.namespace, stored.name)
      const previous = entries.byKey.get(key)
      entries.byKey.set(key, stored)
      if (previous === undefined) entries.keys.splice(lowerBound(entries.keys, key), 0, key)
      publish({
        type: previous === undefined ? 'ADDED' : 'MODIFIED',
        resource,
        revision,
        current: stored,
        ...(previous === undefined ? {} : { previous }),
      })
      return stored
    },
    restore(resource, object) {
      const entries = shelf(resource)
      const stored = detached(object, Number(object.metadata.resourceVersion ?? 0))
      const key = keyOf(stored.namespace, stored.name)
      if (!entries.byKey.has(key)) entries.keys.splice(lowerBound(entries.keys, key), 0, key)
      entries.byKey.set(key, stored)
    },
    remove(resource, namespace, name, last) {
      const entries = shelf(resource)
      const key = keyOf(namespace, name)
      const previous = entries.byKey.get(key)
      if (previous === undefined) return undefined
      entries.byKey.delete(key)
      entries.keys.splice(lowerBound(entries.keys, key), 1)
      const stored = store(last ?? previous.object, ++revision)
      publish({ type: 'DELETED', resource, revision, current: stored, previous })
      return stored
    },
    watch(resource, since, listener) {
      const entries = shelf(resource)
      if (since < entries.compacted) return undefined
      for (const event of entries.events.slice(after(entries.events, since))) listener(event)
      // Events still queued for delivery are in the history already; the wrapper keeps them from coming twice.
      const reached = Math.max(revision, since)
      const fresh = (event: StoreEvent) => {
        if (event.revision > reached) listener(event)
      }
      entries.listeners.add(fresh)
      return () => void entries.listeners.delete(fresh)
    },
    onWrite(listener) {
      writeListeners.add(listener)
      return () => void writeListeners.delete(listener)
    },
    compacted: resource => shelf(resource).compacted,
    compact(before) {
      floor = Math.max(floor, Math.min(before, revision))
      for (const [resource, entries] of shelves) {
        trim(resource, after(entries.events, floor))
        entries.compacted = Math.max(entries.compacted, floor)
      }
    },
    resources: () => [...shelves].filter(([, entries]) => entries.byKey.size > 0).map(([resource]) => resource),
  }
}

/** A listener that fails must not keep the others from hearing, nor undo the write. */
function tell(listener: (event: StoreEvent) => void, event: StoreEvent): void {
  try {
    listener(event)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}

function store(object: KubeObject, revision: number): Stored {
  const { apiVersion, kind, metadata, ...rest } = object
  return detached({ kind, apiVersion, metadata: ordered(metadata, String(revision)), ...rest }, revision)
}

/** A version of an object that is in no store: the answer to a dry run, or a conversion. */
export function detached(versioned: KubeObject, revision: number): Stored {
  const { namespace = '', name } = versioned.metadata
  let text: string | undefined
  return {
    namespace,
    name,
    revision,
    object: versioned,
    json() {
      text ??= JSON.stringify(versioned)
      return text
    },
  }
}

/** Metadata in the order in which the API server writes it. */
function ordered(metadata: ObjectMeta, resourceVersion: string): ObjectMeta {
  const {
    name,
    generateName,
    namespace,
    uid,
    generation,
    creationTimestamp,
    resourceVersion: _before,
    ...others
  } = metadata
  return {
    name,
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    resourceVersion,
    ...(generation === undefined ? {} : { generation }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...others,
  }
}

function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** The index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The index of the first event after a revision. */
function after(events: readonly StoreEvent[], revision: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (events[middle]!.revision <= revision) low = middle + 1
    else high = middle
  }
  return low
}
