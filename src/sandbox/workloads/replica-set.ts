import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { matchesLabels } from '../../manifest/selector.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { compiledSelector } from '../kinds/checks.ts'
import { at, labelsAt, numberAt, objectAt, objectsAt } from '../kinds/schema/value.ts'
import { StatusError } from '../status.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { controllerOf, createIndex, type Index, indexByOwner, ownerReference } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import { byExpendability, isActive, isReady, podFromTemplate, untilAvailable } from './shared/pods.ts'
import { keyOf, type Reconciler } from './shared/reconciler.ts'
import { condition, conditionOf, nonZero, withCondition, withoutCondition, writeStatus } from './shared/status.ts'

const sets = 'apps/replicasets'

/** Keeps as many pods of each ReplicaSet as it asks for, and counts them in its status. */
export const replicaSetController: Controller = context => {
  const { client, clock } = context
  const record = createEventRecorder(client, clock, 'replicaset-controller')
  const failures: Failures = new Map()
  const owners = reconcileOwners(context, sets, set => reconcile(context, queue, record, set, pods, orphans, failures))
  const { queue } = owners
  const pods = indexByOwner(client, '/pods', owners.wake)
  const orphans = createIndex(
    client,
    '/pods',
    pod => (controllerOf(pod) === undefined ? pod.metadata.namespace : undefined),
    (namespace, pod, deleted) => {
      if (deleted) return
      for (const set of client.list(sets, namespace)) if (selects(set, pod)) queue.add(keyOf(set))
    },
  )
  return () => {
    owners.stop()
    pods.stop()
    orphans.stop()
  }
}

/** Why creating pods failed last, and when it may be tried again. */
type Failures = Map<string, { readonly error: StatusError; readonly until: number; readonly delay: number }>

const firstDelay = 500
const longestDelay = 60_000

function selects(set: KubeObject, pod: KubeObject): boolean {
  const selector = compiledSelector(at(set, 'spec', 'selector'))
  return selector !== undefined && selector.length > 0 && matchesLabels(selector, pod.metadata.labels)
}

function reconcile(
  context: ControllerContext,
  queue: Reconciler,
  record: EventRecorder,
  set: KubeObject,
  pods: Index,
  orphans: Index,
  failures: Failures,
): void {
  const { client, clock } = context
  const { uid = '', namespace = '' } = set.metadata
  const deleting = set.metadata.deletionTimestamp !== undefined
  if (!deleting) adopt(context, set, orphans)
  const active = pods.of(uid).filter(isActive)
  const last = failures.get(uid)
  const barred = last !== undefined && last.until > clock.now() && active.length < numberAt(set, 'spec', 'replicas')
  const failure = deleting ? undefined : barred ? last.error : scale(context, record, set, active)
  if (failure === undefined) failures.delete(uid)
  else if (!barred) {
    const delay = Math.min((last?.delay ?? firstDelay / 2) * 2, longestDelay)
    failures.set(uid, { error: failure, until: clock.now() + delay, delay })
  }
  const live = client.get(sets, namespace, set.metadata.name)
  if (live === undefined || live.metadata.uid !== uid) return
  const counted = pods.of(uid).filter(isActive)
  const wait = writeCounts(context, live, counted, failure)
  if (failure !== undefined) queue.after(Math.max(1, (failures.get(uid)?.until ?? 0) - clock.now()), keyOf(set))
  else if (wait > 0) queue.after(wait, keyOf(set))
}

/** Pods that match and belong to nobody are taken over. */
function adopt({ client }: ControllerContext, set: KubeObject, orphans: Index): void {
  const namespace = set.metadata.namespace ?? ''
  for (const pod of orphans.of(namespace))
    if (isActive(pod) && selects(set, pod))
      client.patch('/pods', namespace, pod.metadata.name, {
        metadata: {
          ownerReferences: [
            ...(pod.metadata.ownerReferences ?? []),
            ownerReference(set),
          ] as unknown as readonly JsonObject[],
        },
      })
}

/** Creates or deletes pods; the result is why creating failed. */
function scale(
  { client }: ControllerContext,
  record: EventRecorder,
  set: KubeObject,
  active: readonly KubeObject[],
): StatusError | undefined {
  const missing = numberAt(set, 'spec', 'replicas') - active.length
  const { namespace = '' } = set.metadata
  for (let count = 0; count < missing; count++)
    try {
      const pod = client.create('/pods', podFromTemplate(set, objectAt(set, 'spec', 'template')))
      record(set, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` })
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      record(set, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` })
      return error
    }
  if (missing < 0)
    for (const pod of active.toSorted(byExpendability).slice(0, -missing)) {
      client.delete('/pods', namespace, pod.metadata.name)
      record(set, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
    }
  return undefined
}

/** Writes the status; the result is after how many milliseconds the next pod becomes available. */
function writeCounts(
  { client, clock }: ControllerContext,
  set: KubeObject,
  active: readonly KubeObject[],
  failure: StatusError | undefined,
): number {
  const now = clock.now()
  const labels = Object.entries(labelsAt(set, 'spec', 'template', 'metadata', 'labels'))
  const minReady = numberAt(set, 'spec', 'minReadySeconds')
  const waits = active.map(pod => untilAvailable(pod, minReady, now))
  const pending = waits.filter(wait => wait !== undefined && wait > 0) as number[]
  const old = objectsAt(set, 'status', 'conditions')
  const conditions =
    failure === undefined
      ? withoutCondition(old, 'ReplicaFailure')
      : withCondition(
          old,
          condition(
            conditionOf(set, 'ReplicaFailure'),
            { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure.message },
            now,
          ),
        )
  writeStatus(client, sets, set, {
    replicas: active.length,
    ...nonZero({
      fullyLabeledReplicas: active.filter(pod => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
        .length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: waits.filter(wait => wait === 0).length,
    }),
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  })
  return pending.length === 0 ? 0 : Math.min(...pending)
}
