import type { Clock } from '../manifest/clock.ts'
import type { JsonValue } from '../manifest/json.ts'
import type { GroupVersionKind, KubeObject, ObjectRef } from '../manifest/object.ts'
import type { ApiResource, Cluster, ListOptions } from './cluster.ts'
import type { Impersonation } from './connection.ts'
import type { LimiterOptions, Priority } from './limiter.ts'

/** One page of a list. `continue` is absent on the last one. */
export interface ListPage {
  readonly items: readonly KubeObject[]
  /** Opaque; where a watch goes on from. */
  readonly resourceVersion: string
  readonly continue?: string
}

export interface PageOptions extends ListOptions {
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion?: string
  /** Ask for the present state first, ended by a bookmark with the annotation `k8s.io/initial-events-end` (WatchList). */
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
  /** Milliseconds of silence after which the stream counts as dead. */
  readonly silence?: number
}

/** A change. A bookmark's object has no more than its resource version and annotations. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: KubeObject
}

export interface LogOptions {
  readonly container?: string
  readonly follow?: boolean
  readonly previous?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly timestamps?: boolean
  readonly signal?: AbortSignal
}

/** `meta.k8s.io/v1` Table: the columns that `kubectl get` prints. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly JsonValue[]; readonly object: JsonValue }[]
}

/** One HTTP request that was made; retries count again. */
export interface RequestEvent {
  readonly verb:
    | 'get'
    | 'list'
    | 'watch'
    | 'create'
    | 'update'
    | 'patch'
    | 'apply'
    | 'delete'
    | 'log'
    | 'discovery'
    | 'raw'
  readonly group: string
  readonly resource: string
  readonly subresource: string
  /** HTTP status, 0 where no answer came. */
  readonly code: number
  readonly milliseconds: number
  readonly dryRun: boolean
}

export interface ClientOptions {
  readonly clock?: Clock
  readonly env?: NodeJS.ProcessEnv
  /** Connections for requests; streams come on top. */
  readonly connections?: number
  readonly limiter?: LimiterOptions
  readonly userAgent?: string
  readonly onRequest?: (event: RequestEvent) => void
  /** Every warning that the server sends, whoever caused it. */
  readonly onWarning?: (text: string, path: string) => void
}

/** A `Cluster` with what informers, the dashboard and the CLI need on top. */
export interface KubeClient extends Cluster {
  /** The context's name, for messages. */
  readonly name: string
  readonly server: string
  /** Where namespaced objects go that name no namespace. */
  readonly namespace: string
  listPage(gvk: GroupVersionKind, options?: PageOptions): Promise<ListPage>
  /** Ends when the server ends it; throws an `ApiError` (410 where the version is too old) or when the stream breaks. */
  watch(gvk: GroupVersionKind, options?: WatchOptions): AsyncIterable<WatchEvent>
  table(gvk: GroupVersionKind, options?: ListOptions & { readonly name?: string }): Promise<Table>
  /** The lines of a Pod's log, without their line ends. */
  logs(pod: Pick<ObjectRef, 'namespace' | 'name'>, options?: LogOptions): AsyncIterable<string>
  /** Every kind in every version that the server has. */
  resources(): Promise<readonly ApiResource[]>
  /** Forget what discovery knows of a group, or all: a CRD came, went or changed. */
  invalidate(group?: string): void
  /** `v1.33.1`. */
  version(signal?: AbortSignal): Promise<string>
  /** Any other path of the API, JSON in and out. */
  raw(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: { readonly body?: JsonValue; readonly signal?: AbortSignal },
  ): Promise<JsonValue>
  as(user: Impersonation): KubeClient
  /** The same client, with its requests in another class where they have to wait. */
  withPriority(priority: Priority): KubeClient
  /** Ends every request and watch of this client and of all that share its connections. */
  close(): Promise<void>
}
