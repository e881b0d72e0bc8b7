import type { JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { StoreEvent } from './store.ts'

export interface ClientWriteOptions {
  /** `status`, `scale`, `binding`, …; the main resource when left out. */
  readonly subresource?: string
}

/**
 * The API for code inside the sandbox, as one user and one field manager. It goes through the same admission, validation and
 * field management as HTTP requests, but not through authorisation. Everything is synchronous and throws `StatusError`. Only
 * admission webhooks take their time: a write that one of them wants to see throws `HasToWait` and goes on by itself.
 * Resources are named by storage key: `apps/deployments`, `/pods`. Objects come and go in the storage version.
 */
export interface SandboxClient {
  get(resource: string, namespace: string, name: string): KubeObject | undefined
  /** In key order; every namespace when it is left out. The objects are shared: do not change them. */
  list(resource: string, namespace?: string): readonly KubeObject[]
  create(resource: string, object: KubeObject): KubeObject
  /** With a `resourceVersion` in the object it is an optimistic lock. An update that changes nothing writes nothing. */
  update(resource: string, object: KubeObject, options?: ClientWriteOptions): KubeObject
  /** A JSON merge patch. */
  patch(resource: string, namespace: string, name: string, patch: JsonValue, options?: ClientWriteOptions): KubeObject
  /** Undefined where nothing was there. */
  delete(
    resource: string,
    namespace: string,
    name: string,
    options?: {
      readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
      readonly gracePeriodSeconds?: number
      readonly uid?: string
    },
  ): KubeObject | undefined
  /**
   * Everything that is there as ADDED, at once, then each change. Called right after the write, on the writer's stack: put
   * the key in a queue and work it off later.
   */
  watch(resource: string, listener: (event: StoreEvent) => void): () => void
  /** The same API under another field manager (`kube-scheduler`, `kubelet`). */
  as(manager: string): SandboxClient
}
