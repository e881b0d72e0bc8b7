import { type Clock, systemClock } from '../manifest/clock.ts'
import type { JsonObject } from '../manifest/json.ts'
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '../manifest/object.ts'
import type { KubeClient } from './client-types.ts'
import { type Change, type Informer, type InformerOptions, type InformerState, watchResource } from './informer.ts'

/** A named way to keep less of each object; watches with the same name are shared. */
export interface View {
  readonly name: string
  readonly transform: (object: KubeObject) => KubeObject
}

export interface SubscribeOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Everything but `managedFields` when left out. */
  readonly view?: View
  /** Told what is known already as added and initial, at once, then each change. */
  readonly onChange?: (change: Change) => void
  readonly onState?: (state: InformerState) => void
}

/** One listener's hold on a shared watch. */
export type Subscription = Omit<Informer, 'retry' | 'reached'>

/** The watches of one cluster, each shared by all who want the same objects. */
export interface Informers {
  subscribe(gvk: GroupVersionKind, options?: SubscribeOptions): Subscription
  /** How many watches are open. */
  readonly size: number
  /** Ends all watches; subscriptions turn `closed`. */
  close(): void
}

export interface InformersOptions
  extends Pick<InformerOptions, 'clock' | 'random' | 'backoff' | 'streamInitial' | 'silence'> {
  /** Watch CustomResourceDefinitions, so that kinds are found as soon as they come. True when left out. */
  readonly definitions?: boolean
  /** Milliseconds that a watch outlives its last listener, because reconciling tends to ask for the same again. */
  readonly linger?: number
}

/** Drops the largest part of most objects that few readers need. */
export const withoutManagedFields: View = {
  name: 'without-managed-fields',
  transform(object) {
    const { managedFields: _dropped, ...metadata } = object.metadata
    return { ...object, metadata }
  },
}

/** Keeps type and metadata (without `managedFields`) only. */
export const metadataOnly: View = {
  name: 'metadata',
  transform: ({ apiVersion, kind, metadata }) => withoutManagedFields.transform({ apiVersion, kind, metadata }),
}

/** Keeps everything. */
export const wholeObject: View = { name: 'whole', transform: object => object }

const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }

interface Shared {
  readonly informer: Informer
  readonly gvk: GroupVersionKind
  readonly listeners: Set<SubscribeOptions>
  cancelEnd: (() => void) | undefined
}

/** The registry of a cluster's watches, counted by reference. */
export function createInformers(
  cluster: Pick<KubeClient, 'listPage' | 'watch' | 'invalidate'>,
  options: InformersOptions = {},
): Informers {
  const { definitions = true, linger = 10_000, ...informerOptions } = options
  const clock: Clock = options.clock ?? systemClock
  const shared = new Map<string, Shared>()
  let crds: Informer<Definition> | undefined

  function definitionChanged(change: Change<Definition>): void {
    const { group } = change.object.spec
    // What was there at the first list is news only to those who looked before it came.
    const news = change.type !== 'added' || !change.initial
    const concerned = [...shared.values()].filter(
      ({ gvk, informer }) => gvk.group === group && (change.type === 'deleted' || informer.state.phase === 'absent'),
    )
    if (news || concerned.length > 0) cluster.invalidate(group)
    for (const { informer } of concerned) informer.retry()
  }

  function open(key: string, gvk: GroupVersionKind, wanted: SubscribeOptions): Shared {
    if (definitions)
      crds ??= watchResource(cluster, DEFINITIONS, {
        ...informerOptions,
        transform: briefly,
        onChange: definitionChanged,
      })
    const listeners = new Set<SubscribeOptions>()
    const { transform } = wanted.view ?? withoutManagedFields
    const informer = watchResource(cluster, gvk, {
      ...informerOptions,
      ...(wanted.namespace !== undefined && { namespace: wanted.namespace }),
      ...(wanted.labelSelector !== undefined && { labelSelector: wanted.labelSelector }),
      ...(wanted.fieldSelector !== undefined && { fieldSelector: wanted.fieldSelector }),
      transform,
      onChange: change => {
        for (const listener of [...listeners]) listener.onChange?.(change)
      },
      onState: state => {
        for (const listener of [...listeners]) listener.onState?.(state)
      },
    })
    const entry: Shared = { informer, gvk, listeners, cancelEnd: undefined }
    shared.set(key, entry)
    return entry
  }

  function release(key: string, entry: Shared, listener: SubscribeOptions): void {
    if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return
    const end = () => {
      entry.informer.close()
      if (shared.get(key) === entry) shared.delete(key)
    }
    if (linger > 0) entry.cancelEnd = clock.after(linger, end)
    else end()
  }

  return {
    subscribe(gvk, wanted = {}) {
      const { namespace = '', labelSelector = '', fieldSelector = '', view = withoutManagedFields } = wanted
      const key = [apiVersionOf(gvk), gvk.kind, namespace, labelSelector, fieldSelector, view.name].join('\0')
      const entry = shared.get(key) ?? open(key, gvk, wanted)
      entry.cancelEnd?.()
      entry.cancelEnd = undefined
      // A copy, so that the same options given twice are two listeners.
      const listener = { ...wanted }
      const { informer } = entry
      for (const object of informer.list()) wanted.onChange?.({ type: 'added', object, initial: true })
      entry.listeners.add(listener)
      let closed = false
      return {
        synced: informer.synced,
        get state() {
          return closed ? { phase: 'closed' as const } : informer.state
        },
        get: informer.get,
        list: informer.list,
        close() {
          closed = true
          release(key, entry, listener)
        },
      }
    },
    get size() {
      return shared.size
    },
    close() {
      crds?.close()
      for (const entry of shared.values()) {
        entry.cancelEnd?.()
        entry.informer.close()
      }
      shared.clear()
    },
  }
}

type Definition = KubeObject & { readonly spec: { readonly group: string } }

/** Of a definition only its group matters here; the schemas are large. */
function briefly(definition: KubeObject): Definition {
  const spec = definition['spec'] as JsonObject | undefined
  const group = spec?.['group']
  return { ...metadataOnly.transform(definition), spec: { group: typeof group === 'string' ? group : '' } }
}
