import { type Clock, systemClock } from '../manifest/clock.ts'
import { type GroupVersionKind, type KubeObject, refKey, refOf } from '../manifest/object.ts'
import { type Backoff, backoffDelay } from './backoff.ts'
import type { KubeClient, WatchEvent } from './client-types.ts'
import { ApiError } from './cluster.ts'
import { sleep } from './sleep.ts'

/** A change of the known state. `initial` marks what was already there at the first list. */
export type Change<T = KubeObject> =
  | { readonly type: 'added'; readonly object: T; readonly initial: boolean }
  | { readonly type: 'modified'; readonly object: T; readonly previous: T }
  /** `object` is the last state seen; it may be older than the deletion when that was missed (`missed`). */
  | { readonly type: 'deleted'; readonly object: T; readonly missed: boolean }

/**
 * How it stands with a watch: `listing` until the first complete list, `watching`, `broken` while it cannot be kept up,
 * `absent` while the server does not have the kind, `denied` while RBAC forbids it, `closed`.
 */
export interface InformerState {
  readonly phase: 'listing' | 'watching' | 'broken' | 'absent' | 'denied' | 'closed'
  readonly error?: ApiError
}

export interface InformerOptions<T extends KubeObject = KubeObject> {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Called in order, one change at a time, never inside the call that starts the informer. Must not throw. */
  readonly onChange?: (change: Change<T>) => void
  readonly onState?: (state: InformerState) => void
  /** Called after each complete list, or when the kind is known to be absent: what is not known now was not there. */
  readonly onListed?: () => void
  /** What is kept of an object, and handed to `onChange`; must keep apiVersion, kind, and metadata's name, namespace, uid and resourceVersion. */
  readonly transform?: (object: KubeObject) => T
  readonly clock?: Clock
  readonly random?: () => number
  readonly backoff?: Backoff
  /** Ask for WatchList first; lists by pages where the server has none. False when left out. */
  readonly streamInitial?: boolean
  /** Milliseconds of silence after which a watch counts as dead; above the server's interval of bookmarks (about a minute). */
  readonly silence?: number
}

/** A kept-up copy of the objects of one kind. */
export interface Informer<T extends KubeObject = KubeObject> {
  /** Resolves when the first complete list is in, or the kind is known to be absent; rejects when closed before. */
  readonly synced: Promise<void>
  readonly state: InformerState
  /** The resource version up to which everything has been seen; undefined before the first complete list, and while the kind is absent. */
  readonly reached: string | undefined
  get(namespace: string, name: string): T | undefined
  list(): readonly T[]
  /** Look again at once: the kind came or went, or RBAC changed. Ends a wait, and connects a running watch anew. */
  retry(): void
  close(): void
}

const BACKOFF: Backoff = { base: 200, limit: 30_000 }
const PAGE = 500
const INITIAL_END = 'k8s.io/initial-events-end'

/**
 * Lists a kind and watches it for ever: through dropped connections, server restarts, expired versions (a new list, with
 * deletions that were missed told as such), kinds that go and come, and denied access. Resource versions are opaque.
 */
export function watchResource<T extends KubeObject = KubeObject>(
  cluster: Pick<KubeClient, 'listPage' | 'watch' | 'invalidate'>,
  gvk: GroupVersionKind,
  options: InformerOptions<T> = {},
): Informer<T> {
  const { clock = systemClock, random = Math.random, backoff = BACKOFF } = options
  const transform = options.transform ?? (object => object as T)
  const { namespace, labelSelector, fieldSelector } = options
  const scope = {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  }
  const closing = new AbortController()
  const { signal } = closing
  const known = new Map<string, T>()
  const { promise: synced, resolve, reject } = Promise.withResolvers<void>()
  // Whoever does not wait for it must not fail for it.
  synced.catch(() => {})
  let state: InformerState = { phase: 'listing' }
  let listed = false
  let reached: string | undefined
  let failures = 0
  let streamInitial = options.streamInitial ?? false
  let wake: (() => void) | undefined
  let reconnect = new AbortController()

  function enter(next: InformerState): void {
    const same = state.phase === next.phase && state.error?.message === next.error?.message
    state = next
    if (!same) options.onState?.(next)
  }

  function put(object: KubeObject): void {
    const key = refKey(refOf(object))
    const previous = known.get(key)
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      // Deleted and made again in between: two objects that share a name.
      known.delete(key)
      options.onChange?.({ type: 'deleted', object: previous, missed: true })
      put(object)
      return
    }
    if (previous !== undefined && previous.metadata.resourceVersion === object.metadata.resourceVersion) return
    const kept = transform(object)
    known.set(key, kept)
    if (previous === undefined) options.onChange?.({ type: 'added', object: kept, initial: !listed })
    else options.onChange?.({ type: 'modified', object: kept, previous })
  }

  function drop(key: string, object: T, missed: boolean): void {
    known.delete(key)
    options.onChange?.({ type: 'deleted', object, missed })
  }

  /** Everything that is there has been seen; what is known beyond was deleted unnoticed. */
  function complete(seen: ReadonlySet<string>, version: string | undefined): void {
    for (const [key, object] of known) if (!seen.has(key)) drop(key, object, true)
    listed = true
    reached = version
    resolve()
    options.onListed?.()
  }

  /** Reads everything by pages; the result is where the watch goes on. */
  async function listAll(): Promise<string> {
    const seen = new Set<string>()
    let next: string | undefined
    let version = ''
    do {
      try {
        const page = await cluster.listPage(gvk, {
          ...scope,
          signal,
          ...(next !== 'all' && { limit: PAGE }),
          ...(next !== undefined && next !== 'all' && { continue: next }),
        })
        for (const object of page.items) {
          seen.add(refKey(refOf(object)))
          put(object)
        }
        version = page.resourceVersion
        next = page.continue
      } catch (error) {
        if (next === undefined || next === 'all' || !expired(error)) throw error
        // The pages' snapshot is gone: start over, in one piece.
        seen.clear()
        next = 'all'
      }
    } while (next !== undefined)
    complete(seen, version)
    failures = 0
    enter({ phase: 'watching' })
    return version
  }

  /** Watches from a version (or from the present state, when there is none) until the stream ends; the result is how far it came. */
  async function watchFrom(from: string | undefined, reachedTo: (version: string) => void): Promise<void> {
    const seen = from === undefined ? new Set<string>() : undefined
    let initial = seen !== undefined
    const events = cluster.watch(gvk, {
      ...scope,
      signal: AbortSignal.any([signal, reconnect.signal]),
      ...(from === undefined ? { sendInitialEvents: true } : { resourceVersion: from }),
      ...(options.silence !== undefined && { silence: options.silence }),
      timeoutSeconds: 240 + Math.floor(random() * 60),
    })
    for await (const event of events) {
      failures = 0
      if (!initial) enter({ phase: 'watching' })
      const { resourceVersion = '' } = event.object.metadata
      if (event.type === 'BOOKMARK') {
        if (initial && event.object.metadata.annotations?.[INITIAL_END] === 'true') {
          initial = false
          complete(seen ?? new Set(), resourceVersion)
          enter({ phase: 'watching' })
        }
      } else {
        if (initial) seen?.add(refKey(refOf(event.object)))
        take(event)
      }
      if (!initial && resourceVersion !== '') reachedTo(resourceVersion)
    }
    if (initial) throw unfinished()
  }

  function take(event: WatchEvent): void {
    if (event.type !== 'DELETED') {
      put(event.object)
      return
    }
    const key = refKey(refOf(event.object))
    const object = known.get(key)
    if (object !== undefined && object.metadata.uid === event.object.metadata.uid)
      drop(key, transform(event.object), false)
  }

  async function run(): Promise<void> {
    let version: string | undefined
    const reachedTo = (next: string) => {
      version = next
      reached = next
    }
    while (!signal.aborted) {
      const started = clock.elapsed()
      reconnect = new AbortController()
      try {
        if (version === undefined && !streamInitial) {
          version = await listAll()
          continue
        }
        await watchFrom(version, reachedTo)
        // A server that ends every watch at once must not be asked in a hot loop.
        if (clock.elapsed() - started >= 1000) failures = 0
        else if (!reconnect.signal.aborted) await pause()
      } catch (error) {
        if (signal.aborted) return
        if (reconnect.signal.aborted) continue
        if (streamInitial && version === undefined) {
          streamInitial = false
          if (refusesWatchList(error)) continue
        }
        if (expired(error)) {
          version = undefined
          if (failures === 0) continue
        }
        if (isAbsent(error)) {
          version = undefined
          cluster.invalidate(gvk.group)
          complete(new Set(), undefined)
        }
        enter(stateAfter(error))
        await pause()
      }
    }
  }

  async function pause(): Promise<void> {
    failures++
    const awake = new AbortController()
    wake = () => awake.abort()
    await sleep(clock, backoffDelay(backoff, failures, random), AbortSignal.any([signal, awake.signal])).catch(() => {})
    wake = undefined
  }

  const end = () => {
    enter({ phase: 'closed' })
    reject(new Error(`the watch of ${gvk.kind} was closed before its first list`))
  }
  queueMicrotask(() => void run().then(end, end))

  return {
    synced,
    get state() {
      return state
    },
    get reached() {
      return reached
    },
    get: (at, name) => known.get(refKey({ ...gvk, namespace: at, name })),
    list: () => [...known.values()],
    retry() {
      failures = 0
      wake?.()
      reconnect.abort()
    },
    close: () => closing.abort(new Error('closed')),
  }
}

function expired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone')
}

/** Servers before WatchList refuse its parameters; some later ones have it switched off. */
function refusesWatchList(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 400 || error.code === 422)
}

function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 404 || error.code === 405)
}

function stateAfter(error: unknown): InformerState {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError({ code: 0, reason: 'Unreachable', message: String(error), cause: error })
  if (isAbsent(error)) return { phase: 'absent', error: known }
  if (known.code === 401 || known.code === 403) return { phase: 'denied', error: known }
  return { phase: 'broken', error: known }
}

function unfinished(): ApiError {
  return new ApiError({ code: 0, reason: 'Unreachable', message: 'the watch ended before its initial events did' })
}
