import type { Cluster } from '../kube/cluster.ts'
import type { GroupVersionKind, ObjectRef } from '../manifest/object.ts'
import type { ChangeSet } from '../plan/change-set.ts'
import type { PlanPolicy } from '../plan/plan.ts'

/** How a change set is executed. */
export interface ApplyOptions {
  /** The policy that the set was planned with: objects of unknown state are planned again once they have been looked at. */
  readonly policy: PlanPolicy
  /** `stage`: nothing of a stage is applied when an object of it is refused. `per-object`: each object stands for itself. */
  readonly mode?: 'stage' | 'per-object'
  /** Everything is tried with a dry run first: the last attempt was refused, and nothing shall come and go at each retry. */
  readonly careful?: boolean
  /** Requests at the same time; 8 by default. */
  readonly concurrency?: number
  /**
   * Resolves when all objects are Current, with nothing, or with the reason why that will not happen. It is given the objects
   * of a stage that others rely on, such as CRDs and Namespaces.
   */
  awaitCurrent(refs: readonly ObjectRef[], signal: AbortSignal | undefined): Promise<string | undefined>
  /** Resolves when the object with this uid is gone. */
  awaitGone(ref: ObjectRef, uid: string, signal: AbortSignal | undefined): Promise<void>
  /** Told each API group whose CRD was applied, so that discovery looks again: `client.invalidate`. */
  readonly forgetKinds?: (group: string) => void
  /** Kinds that the cluster knows, for suggestions in error messages. */
  readonly knownKinds?: readonly GroupVersionKind[]
  readonly signal?: AbortSignal
}

/** Everything that the steps of one run share. */
export interface ApplyContext {
  readonly changes: ChangeSet
  readonly cluster: Cluster
  readonly options: ApplyOptions
}

/** The signal as an optional member, for requests. */
export function signalOf({ options: { signal } }: ApplyContext): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
