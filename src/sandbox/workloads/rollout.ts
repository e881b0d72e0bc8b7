import type { KubeObject } from '../../manifest/object.ts'
import type { ControllerContext } from '../controller.ts'
import { at, numberAt, textAt } from '../kinds/schema/value.ts'
import type { EventRecorder } from './shared/event-recorder.ts'
import type { Index } from './shared/index-of.ts'
import type { Reconciler } from './shared/reconciler.ts'
import { resolveIntOrPercent } from './shared/status.ts'

/** What a roll-out works with. */
export interface RolloutContext extends ControllerContext {
  readonly record: EventRecorder
  readonly queue: Reconciler
  readonly owned: Index
  readonly pods: Index
}

/** Pods beyond `replicas` that may exist during a roll-out. */
export function surgeOf(deployment: KubeObject): number {
  if (textAt(deployment, 'spec', 'strategy', 'type') !== 'RollingUpdate') return 0
  return resolveIntOrPercent(
    at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxSurge'),
    numberAt(deployment, 'spec', 'replicas'),
    'up',
  )
}

/** Pods that may be missing during a roll-out; one when neither surplus nor absence is allowed. */
export function unavailableOf(deployment: KubeObject): number {
  const replicas = numberAt(deployment, 'spec', 'replicas')
  if (textAt(deployment, 'spec', 'strategy', 'type') !== 'RollingUpdate' || replicas === 0) return 0
  const allowed = at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable')
  const count = resolveIntOrPercent(allowed, replicas, 'down')
  return Math.min(replicas, count === 0 && surgeOf(deployment) === 0 ? 1 : count)
}

/** How many pods a ReplicaSet is to have. */
export const replicasOf = (set: KubeObject): number => numberAt(set, 'spec', 'replicas')
/** How many of its pods count as available. */
export const availableOf = (set: KubeObject): number => numberAt(set, 'status', 'availableReplicas')
/** A number of each ReplicaSet, added up. */
export const sum = (list: readonly KubeObject[], count: (set: KubeObject) => number): number =>
  list.reduce((total, set) => total + count(set), 0)

/** True when every pod that is wanted is of the newest template and available, and no other is left. */
export function isComplete(deployment: KubeObject, current: KubeObject, old: readonly KubeObject[]): boolean {
  const replicas = numberAt(deployment, 'spec', 'replicas')
  return (
    numberAt(current, 'status', 'replicas') === replicas &&
    availableOf(current) === replicas &&
    sum(old, set => numberAt(set, 'status', 'replicas')) === 0
  )
}
