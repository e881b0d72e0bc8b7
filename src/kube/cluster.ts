import type { JsonValue } from '../manifest/json.ts'
import type { GroupVersionKind, KubeObject, ObjectRef } from '../manifest/object.ts'

/** What discovery knows about one kind. */
export interface ApiResource extends GroupVersionKind {
  readonly plural: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly subresources: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
}

export interface WriteOptions {
  readonly fieldManager: string
  readonly dryRun?: boolean
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /** Told each `Warning` of the server's answer, such as an unknown or deprecated field. */
  readonly onWarning?: (text: string) => void
  readonly signal?: AbortSignal
}

export interface ApplyOptions extends WriteOptions {
  /** Take over fields that other managers own instead of failing with a conflict. */
  readonly force?: boolean
  readonly subresource?: 'status' | 'scale'
}

export interface PatchOptions extends WriteOptions {
  readonly type: 'json' | 'merge' | 'strategic'
  readonly subresource?: string
}

export interface DeleteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly signal?: AbortSignal
}

/** The Kubernetes API as the engine needs it; thin over HTTP. Failures reject with an `ApiError`. */
export interface Cluster {
  /** The kind as the server has it now; looks again when it is not known. Rejects with `ApiError` 404 (`NoKindMatch`). */
  resource(gvk: GroupVersionKind): Promise<ApiResource>
  /** Undefined where the object does not exist. Rejects where the kind does not. */
  get(ref: ObjectRef, options?: { readonly signal?: AbortSignal }): Promise<KubeObject | undefined>
  /** Every page, `managedFields` included. */
  list(gvk: GroupVersionKind, options?: ListOptions): Promise<readonly KubeObject[]>
  create(object: KubeObject, options: WriteOptions): Promise<KubeObject>
  update(object: KubeObject, options: WriteOptions & { readonly subresource?: string }): Promise<KubeObject>
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  patch(ref: ObjectRef, patch: JsonValue, options: PatchOptions): Promise<KubeObject>
  /** Undefined where nothing was there. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<KubeObject | undefined>
  /** A client for the same cluster that acts as somebody else (`system:serviceaccount:<ns>:<name>`). */
  as(user: { readonly username: string; readonly groups?: readonly string[] }): Cluster
}

/**
 * A `Status` that the server answered with. `reason` is Kubernetes' own: Conflict, Invalid, NotFound, Forbidden, …
 * Where there was no answer at all, `code` is 0, `reason` is `Unreachable`, and `cause` says what happened.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number
  readonly reason: string
  readonly details: JsonValue | undefined
  /** Seconds, from Retry-After or the Status details. */
  readonly retryAfter: number | undefined

  constructor(status: {
    code: number
    reason: string
    message: string
    details?: JsonValue | undefined
    retryAfter?: number | undefined
    cause?: unknown
  }) {
    super(status.message, status.cause === undefined ? undefined : { cause: status.cause })
    this.code = status.code
    this.reason = status.reason
    this.details = status.details
    this.retryAfter = status.retryAfter
  }
}
