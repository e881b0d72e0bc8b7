import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import { at, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { isComplete, type RolloutContext, unavailableOf } from './rollout.ts'
import { keyOf } from './shared/reconciler.ts'
import { type Condition, condition, conditionOf, nonZero, withoutCondition, writeStatus } from './shared/status.ts'

const deployments = 'apps/deployments'
const sum = (list: readonly KubeObject[], field: string) =>
  list.reduce((total, set) => total + numberAt(set, 'status', field), 0)

/**
 * The conditions with one of them changed: it goes to the end, as the real controller does it. Nothing changes where status
 * and reason are the same already, unless `always` is set.
 */
function setCondition(
  conditions: readonly JsonObject[],
  wanted: Condition,
  now: number,
  always = false,
): readonly JsonObject[] {
  const old = conditions.find(one => textAt(one, 'type') === wanted.type)
  const same = textAt(old, 'status') === wanted.status && textAt(old, 'reason') === wanted.reason
  if (old !== undefined && same && !always) return conditions
  const { lastTransitionTime, ...rest } = condition(old, wanted, now)
  return [...withoutCondition(conditions, wanted.type), { ...rest, lastUpdateTime: timestamp(now), lastTransitionTime }]
}

/** Says in the status that the ReplicaSet of the current template was made or found. */
export function noteReplicaSet(
  { client, clock, record }: RolloutContext,
  deployment: KubeObject,
  set: KubeObject,
  reason: 'NewReplicaSetCreated' | 'FoundNewReplicaSet',
): void {
  if (reason === 'NewReplicaSetCreated') {
    const replicas = numberAt(set, 'spec', 'replicas')
    if (replicas > 0)
      record(deployment, {
        reason: 'ScalingReplicaSet',
        message: `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`,
      })
  }
  const live = client.get(deployments, deployment.metadata.namespace ?? '', deployment.metadata.name)
  if (live === undefined) return
  const mentioned = textAt(conditionOf(live, 'Progressing'), 'message').includes(`"${set.metadata.name}"`)
  if (mentioned && reason === 'FoundNewReplicaSet') return
  const message =
    reason === 'NewReplicaSetCreated'
      ? `Created new replica set "${set.metadata.name}"`
      : `Found new replica set "${set.metadata.name}"`
  writeStatus(client, deployments, live, {
    ...objectAt(live, 'status'),
    conditions: setCondition(
      objectsAt(live, 'status', 'conditions'),
      { type: 'Progressing', status: 'True', reason, message },
      clock.now(),
    ),
  })
}

/** Sums the ReplicaSets up in the Deployment's status, with its conditions. */
export function writeDeploymentStatus(
  context: RolloutContext,
  deployment: KubeObject,
  current: KubeObject | undefined,
  old: readonly KubeObject[],
): void {
  const { client, clock } = context
  const now = clock.now()
  const all = [...(current === undefined ? [] : [current]), ...old]
  const available = sum(all, 'availableReplicas')
  const total = all.reduce((count, set) => count + numberAt(set, 'spec', 'replicas'), 0)
  const counts = nonZero({
    replicas: sum(all, 'replicas'),
    updatedReplicas: current === undefined ? 0 : numberAt(current, 'status', 'replicas'),
    readyReplicas: sum(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available),
    collisionCount: at(deployment, 'status', 'collisionCount') ?? null,
  })
  const enough = available >= numberAt(deployment, 'spec', 'replicas') - unavailableOf(deployment)
  let conditions = setCondition(
    objectsAt(deployment, 'status', 'conditions'),
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  )
  conditions = withProgress(context, deployment, current, old, counts, conditions, now)
  conditions = withFailure(all, conditions, now)
  writeStatus(client, deployments, deployment, {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...counts,
    conditions,
  })
}

function withFailure(
  all: readonly KubeObject[],
  conditions: readonly JsonObject[],
  now: number,
): readonly JsonObject[] {
  const failure = all.map(set => conditionOf(set, 'ReplicaFailure')).find(one => one !== undefined)
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure')
  const wanted: Condition = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: textAt(failure, 'reason'),
    message: textAt(failure, 'message'),
  }
  return setCondition(conditions, wanted, now)
}

function withProgress(
  { queue, clock }: RolloutContext,
  deployment: KubeObject,
  current: KubeObject | undefined,
  old: readonly KubeObject[],
  counts: JsonObject,
  conditions: readonly JsonObject[],
  now: number,
): readonly JsonObject[] {
  const was = conditionOf(deployment, 'Progressing')
  const set = (status: Condition['status'], reason: string, message: string, always = false) =>
    setCondition(conditions, { type: 'Progressing', status, reason, message }, now, always)
  if (at(deployment, 'spec', 'paused') === true)
    return textAt(was, 'reason') === 'DeploymentPaused'
      ? conditions
      : set('Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (textAt(was, 'reason') === 'DeploymentPaused') return set('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  const name =
    current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`
  const settled =
    numberAt(deployment, 'status', 'replicas') === numberAt(deployment, 'status', 'updatedReplicas') &&
    textAt(was, 'reason') === 'NewReplicaSetAvailable'
  if (settled && current !== undefined) return conditions
  if (current !== undefined && isComplete(deployment, current, old))
    return set('True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`)
  if (progressed(deployment, counts)) return set('True', 'ReplicaSetUpdated', `${name} is progressing.`, true)
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') * 1000
  if (deadline >= 2_147_483_647_000 || was === undefined) return conditions
  if (textAt(was, 'reason') === 'ProgressDeadlineExceeded') return conditions
  const since = Date.parse(textAt(was, 'lastUpdateTime'))
  const left = since + deadline - clock.now()
  if (left > 0) {
    queue.after(left, keyOf(deployment))
    return conditions
  }
  return set('False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`)
}

/** True when the numbers have moved towards the goal since the status was written last. */
function progressed(deployment: KubeObject, counts: JsonObject): boolean {
  const before = (field: string) => numberAt(deployment, 'status', field)
  const now = (field: string) => numberAt(counts, field)
  const oldReplicas = (replicas: number, updated: number) => replicas - updated
  return (
    now('updatedReplicas') > before('updatedReplicas') ||
    oldReplicas(now('replicas'), now('updatedReplicas')) < oldReplicas(before('replicas'), before('updatedReplicas')) ||
    now('readyReplicas') > before('readyReplicas') ||
    now('availableReplicas') > before('availableReplicas')
  )
}
