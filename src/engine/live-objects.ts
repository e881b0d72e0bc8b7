import type { KubeClient } from '../kube/client-types.ts'
import { type Change, type Informer, type InformerState, watchResource } from '../kube/informer.ts'
import type { Clock } from '../manifest/clock.ts'
import { type GroupVersionKind, type KubeObject, type ObjectRef, refKey, refOf } from '../manifest/object.ts'

/** An object came, changed or went. `object` is the last state that was seen. */
export interface LiveChange {
  readonly type: 'present' | 'gone'
  readonly object: KubeObject
  /** The state before, where there was one. */
  readonly previous?: KubeObject
}

/** What is known of the objects of one cluster, kept up by a watch for each kind. */
export interface LiveObjects {
  /** Resolves when every one of these kinds is known; kinds that the server does not have count as known to be empty. */
  ready(kinds: readonly GroupVersionKind[]): Promise<void>
  /** Whether every object of a kind has been seen: a list of it was complete once. */
  isListed(kind: GroupVersionKind): boolean
  /** The newest state: what was last written or what the watch told, whichever is later. */
  get(ref: ObjectRef): KubeObject | undefined
  /** Everything that is known of a kind, in no order. */
  list(kind: GroupVersionKind): readonly KubeObject[]
  /** Everything that is known of a group (`groupOf`), of any kind, in no order. */
  group(name: string): readonly KubeObject[]
  /** The answer to a write, which the watch will tell about later. */
  written(object: KubeObject): void
  /** What was deleted on our request. */
  removed(ref: ObjectRef): void
  /** Calls back with every change from now on, until the returned function is called. */
  subscribe(listener: (change: LiveChange) => void): () => void
  /** The same for a few objects, however many others there are. */
  follow(refs: readonly ObjectRef[], listener: (change: LiveChange) => void): () => void
  /** Kinds that did not exist before may exist now. */
  retry(): void
  close(): void
}

interface LiveOptions {
  readonly cluster: KubeClient
  /** Objects without this label are not seen; all are seen where it is left out. */
  readonly label?: string
  /** Objects of other namespaces are not seen; all are seen where it is left out. */
  readonly namespace?: string
  /** The group that an object can be listed by; undefined for none. */
  readonly groupOf?: (object: KubeObject) => string | undefined
  readonly clock: Clock
  /** Milliseconds to wait for the first list of a kind before going on without it. */
  readonly patienceMs: number
}

interface Watch {
  readonly informer: Informer
  isListed: boolean
  /** Resolves when the server has said something: a list, that the kind is absent, or that it is forbidden. */
  readonly answered: Promise<void>
}

/** Kubernetes' resource versions of one kind grow; where one is no number, the watch is right. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) return false
  return BigInt(version) > BigInt(than)
}

export function watchLiveObjects(options: LiveOptions): LiveObjects {
  const { cluster, label, namespace, clock, patienceMs } = options
  const selector = {
    ...(label !== undefined && { labelSelector: label }),
    ...(namespace !== undefined && { namespace }),
  }
  const watches = new Map<string, Watch>()
  /** Writes that the watch has not come to yet. */
  const ahead = new Map<string, KubeObject>()
  const listeners = new Set<(change: LiveChange) => void>()
  const followers = new Map<string, Set<(change: LiveChange) => void>>()
  /** What may be in each group; an object that has left its group is found out when the group is listed. */
  const groups = new Map<string, Map<string, ObjectRef>>()

  function index(object: KubeObject): void {
    const name = options.groupOf?.(object)
    if (name === undefined) return
    const ref = refOf(object)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, new Map([[refKey(ref), ref]]))
    else group.set(refKey(ref), ref)
  }

  function tell(change: LiveChange): void {
    for (const listener of listeners) listener(change)
    for (const listener of followers.get(refKey(refOf(change.object))) ?? []) listener(change)
  }

  function take(change: Change): void {
    const { object } = change
    const key = refKey(refOf(object))
    const write = ahead.get(key)
    if (change.type !== 'deleted') index(object)
    // What happened before our write is no news, not even the end of an object whose successor we have made.
    if (isNewer(write?.metadata.resourceVersion, object.metadata.resourceVersion)) return
    ahead.delete(key)
    if (change.type === 'deleted') tell({ type: 'gone', object })
    else tell({ type: 'present', object, ...(change.type === 'modified' && { previous: change.previous }) })
  }

  /** After a complete list: what was written before it and is not in it was deleted without the watch ever having seen it. */
  function sweep(gvk: GroupVersionKind, { reached }: Informer): void {
    for (const [key, object] of ahead) {
      const { group, kind } = refOf(object)
      if (group !== gvk.group || kind !== gvk.kind || isNewer(object.metadata.resourceVersion, reached)) continue
      ahead.delete(key)
      tell({ type: 'gone', object })
    }
  }

  function watchOf(gvk: GroupVersionKind): Watch {
    const key = `${gvk.group}/${gvk.kind}`
    let watch = watches.get(key)
    if (watch === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const onState = ({ phase }: InformerState) => void (phase !== 'listing' && resolve())
      const onListed = () => {
        opened.isListed = true
        sweep(gvk, opened.informer)
      }
      const opened: Watch = {
        informer: watchResource(cluster, gvk, { ...selector, onChange: take, onState, onListed }),
        isListed: false,
        answered: promise,
      }
      watch = opened
      watches.set(key, watch)
    }
    return watch
  }

  function knownWatch({ group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>): Watch | undefined {
    return watches.get(`${group}/${kind}`)
  }

  function newest(ref: ObjectRef): KubeObject | undefined {
    return ahead.get(refKey(ref)) ?? knownWatch(ref)?.informer.get(ref.namespace, ref.name)
  }

  return {
    async ready(kinds) {
      const patience = Promise.withResolvers<void>()
      const cancel = clock.after(patienceMs, patience.resolve)
      const all = Promise.all(kinds.map(kind => watchOf(kind).answered))
      await Promise.race([all, patience.promise])
      cancel()
    },
    isListed: kind => knownWatch(kind)?.isListed === true,
    get: newest,
    list(kind) {
      const known = knownWatch(kind)?.informer.list() ?? []
      const seenKeys = new Set(known.map(object => refKey(refOf(object))))
      const isUnseen = (object: KubeObject) => {
        const ref = refOf(object)
        return ref.group === kind.group && ref.kind === kind.kind && !seenKeys.has(refKey(ref))
      }
      return [
        ...known.map(object => ahead.get(refKey(refOf(object))) ?? object),
        ...[...ahead.values()].filter(isUnseen),
      ]
    },
    group(name) {
      const members = groups.get(name) ?? new Map<string, ObjectRef>()
      return [...members].flatMap(([key, ref]) => {
        const object = newest(ref)
        if (object !== undefined && options.groupOf?.(object) === name) return [object]
        members.delete(key)
        return []
      })
    },
    written(object) {
      const ref = refOf(object)
      const { resourceVersion } = object.metadata
      const reached = knownWatch(ref)?.informer.reached
      // The answer to a write may come after the news of it, and even after the news of the object's end.
      if (reached !== undefined && !isNewer(resourceVersion, reached)) return
      const known = newest(ref)
      if (known === undefined || isNewer(resourceVersion, known.metadata.resourceVersion))
        ahead.set(refKey(ref), object)
      index(object)
    },
    removed(ref) {
      ahead.delete(refKey(ref))
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    follow(refs, listener) {
      const keys = refs.map(refKey)
      for (const key of keys) followers.set(key, (followers.get(key) ?? new Set()).add(listener))
      return () => {
        for (const key of keys) {
          const rest = followers.get(key)
          rest?.delete(listener)
          if (rest?.size === 0) followers.delete(key)
        }
      }
    },
    retry() {
      for (const { informer } of watches.values()) if (informer.state.phase !== 'watching') informer.retry()
    },
    close() {
      for (const { informer } of watches.values()) informer.close()
    },
  }
}
