import type { KubeObject } from '../../manifest/object.ts'
import type { Controller } from '../controller.ts'
import { at, numberAt, objectAt, textAt } from '../kinds/schema/value.ts'
import { newReplicaSet, revisionOf } from './deployment-revision.ts'
import { writeDeploymentStatus } from './deployment-status.ts'
import { availableOf, isComplete, type RolloutContext, replicasOf, sum, surgeOf, unavailableOf } from './rollout.ts'
import { createEventRecorder } from './shared/event-recorder.ts'
import { indexByOwner } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import { isActive } from './shared/pods.ts'
import { keyOf } from './shared/reconciler.ts'

const deployments = 'apps/deployments'
const sets = 'apps/replicasets'

/** Rolls Deployments out: a ReplicaSet per template, scaled up and down within the limits of the strategy. */
export const deploymentController: Controller = context => {
  const { client, clock } = context
  const record = createEventRecorder(client, clock, 'deployment-controller')
  const owners = reconcileOwners(context, deployments, deployment => {
    if (deployment.metadata.deletionTimestamp === undefined)
      reconcile({ ...context, record, queue, owned, pods }, deployment)
  })
  const { queue } = owners
  const owned = indexByOwner(client, sets, owners.wake)
  // A Recreate waits for the last old pod to be gone, which no ReplicaSet's status tells.
  const pods = indexByOwner(client, '/pods', (_uid, pod, deleted) => {
    if (!deleted) return
    const hash = pod.metadata.labels?.['pod-template-hash']
    if (hash === undefined) return
    for (const deployment of client.list(deployments, pod.metadata.namespace))
      if (textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate') queue.add(keyOf(deployment))
  })
  return () => {
    owners.stop()
    owned.stop()
    pods.stop()
  }
}

function reconcile(context: RolloutContext, deployment: KubeObject): void {
  const { client, owned } = context
  const { uid = '', namespace = '', name } = deployment.metadata
  const paused = at(deployment, 'spec', 'paused') === true
  const current = newReplicaSet(context, deployment, owned.of(uid), !paused)
  const all = owned.of(uid)
  const old = all.filter(set => set.metadata.uid !== current?.metadata.uid)
  if (paused || isScaling(deployment, all)) scaleInProportion(context, deployment, current, old)
  else if (current !== undefined) {
    if (textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate') recreate(context, deployment, current, old)
    else roll(context, deployment, current, old)
  }
  const live = client.get(deployments, namespace, name)
  if (live === undefined || live.metadata.uid !== uid) return
  const fresh = owned.of(uid)
  const found = fresh.find(set => set.metadata.uid === current?.metadata.uid)
  const rest = fresh.filter(set => set.metadata.uid !== current?.metadata.uid)
  writeDeploymentStatus(context, live, found, rest)
  if (found !== undefined && isComplete(live, found, rest)) cleanUp(context, live, rest)
}

function roll(context: RolloutContext, deployment: KubeObject, current: KubeObject, old: readonly KubeObject[]): void {
  const replicas = numberAt(deployment, 'spec', 'replicas')
  const total = sum([current, ...old], replicasOf)
  if (replicasOf(current) > replicas) {
    scaleTo(context, deployment, current, replicas)
    return
  }
  if (replicasOf(current) < replicas) {
    const room = replicas + surgeOf(deployment) - total
    if (room > 0) {
      scaleTo(context, deployment, current, replicasOf(current) + Math.min(room, replicas - replicasOf(current)))
      return
    }
  }
  scaleDownOld(context, deployment, current, old, total)
}

/** Takes old pods away: those that never became available first, then as many as may be missing. */
function scaleDownOld(
  context: RolloutContext,
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
  total: number,
): void {
  const least = numberAt(deployment, 'spec', 'replicas') - unavailableOf(deployment)
  const missing = replicasOf(current) - availableOf(current)
  let spare = total - least - missing
  if (spare <= 0) return
  const byAge = old
    .filter(set => replicasOf(set) > 0)
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
  const wanted = new Map(byAge.map(set => [set, replicasOf(set)]))
  for (const set of byAge) {
    const unhealthy = Math.min(spare, Math.max(0, replicasOf(set) - availableOf(set)))
    wanted.set(set, replicasOf(set) - unhealthy)
    spare -= unhealthy
  }
  let expendable = Math.min(spare, availableOf(current) + sum(byAge, availableOf) - least)
  for (const set of byAge) {
    const cut = Math.min(Math.max(0, expendable), wanted.get(set) ?? 0)
    expendable -= cut
    scaleTo(context, deployment, set, (wanted.get(set) ?? 0) - cut)
  }
}

function recreate(
  context: RolloutContext,
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
): void {
  const running = old.filter(set => replicasOf(set) > 0)
  for (const set of running) scaleTo(context, deployment, set, 0)
  if (running.length > 0 || old.some(set => context.pods.of(set.metadata.uid ?? '').some(isActive))) return
  if (old.some(set => context.pods.of(set.metadata.uid ?? '').length > 0)) return
  scaleTo(context, deployment, current, numberAt(deployment, 'spec', 'replicas'))
}

/** True when the number of replicas was changed since the ReplicaSets were scaled last. */
function isScaling(deployment: KubeObject, all: readonly KubeObject[]): boolean {
  const replicas = String(numberAt(deployment, 'spec', 'replicas'))
  return all.some(set => {
    const desired = set.metadata.annotations?.['deployment.kubernetes.io/desired-replicas']
    return replicasOf(set) > 0 && desired !== undefined && desired !== replicas
  })
}

/** Spreads a change of `replicas` over the ReplicaSets that have pods, without moving the roll-out on. */
function scaleInProportion(
  context: RolloutContext,
  deployment: KubeObject,
  current: KubeObject | undefined,
  old: readonly KubeObject[],
): void {
  const all = [...(current === undefined ? [] : [current]), ...old]
  const active = all.filter(set => replicasOf(set) > 0)
  const replicas = numberAt(deployment, 'spec', 'replicas')
  const only = active.length === 0 ? current : active.length === 1 ? active[0] : undefined
  if (only !== undefined) {
    scaleTo(context, deployment, only, replicas)
    return
  }
  const total = sum(active, replicasOf)
  if (total === 0) return
  const allowed = replicas + surgeOf(deployment)
  let rest = allowed - total
  const ordered = active.toSorted((a, b) => replicasOf(b) - replicasOf(a))
  const sizes = ordered.map(set => {
    const before = Number(set.metadata.annotations?.['deployment.kubernetes.io/max-replicas'] ?? total)
    const share = Math.round((replicasOf(set) * allowed) / Math.max(before, 1)) - replicasOf(set)
    const change = rest > 0 ? Math.min(share, rest) : Math.max(share, rest)
    rest -= change
    return Math.max(0, replicasOf(set) + change)
  })
  ordered.forEach((set, index) => {
    scaleTo(context, deployment, set, Math.max(0, (sizes[index] ?? 0) + (index === 0 ? rest : 0)))
  })
}

/** Sets a ReplicaSet's size, and on it what the deployment wants as a whole. */
function scaleTo(context: RolloutContext, deployment: KubeObject, set: KubeObject, replicas: number): void {
  const { client, record } = context
  const desired = numberAt(deployment, 'spec', 'replicas')
  const annotations = {
    'deployment.kubernetes.io/desired-replicas': String(desired),
    'deployment.kubernetes.io/max-replicas': String(desired + surgeOf(deployment)),
  }
  const live = client.get(sets, set.metadata.namespace ?? '', set.metadata.name)
  if (live === undefined) return
  const before = replicasOf(live)
  const same = Object.entries(annotations).every(([key, value]) => live.metadata.annotations?.[key] === value)
  if (before === replicas && same) return
  client.update(sets, {
    ...live,
    metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } },
    spec: { ...objectAt(live, 'spec'), replicas },
  })
  if (before === replicas) return
  const direction = replicas > before ? 'up' : 'down'
  record(deployment, {
    reason: 'ScalingReplicaSet',
    message: `Scaled ${direction} replica set ${live.metadata.name} from ${before} to ${replicas}`,
  })
}

/** Old ReplicaSets beyond the history limit go, the oldest first. */
function cleanUp({ client }: RolloutContext, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit')
  const idle = old.filter(
    set =>
      replicasOf(set) === 0 &&
      numberAt(set, 'status', 'replicas') === 0 &&
      numberAt(set, 'status', 'observedGeneration') >= (set.metadata.generation ?? 0) &&
      set.metadata.deletionTimestamp === undefined,
  )
  for (const set of idle.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, idle.length - limit)))
    client.delete(sets, set.metadata.namespace ?? '', set.metadata.name)
}
