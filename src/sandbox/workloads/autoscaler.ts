import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'
import { condition, conditionOf, writeStatus } from './shared/status.ts'

const autoscalers = 'autoscaling/horizontalpodautoscalers'
const scalable: Readonly<Record<string, string>> = {
  Deployment: 'apps/deployments',
  ReplicaSet: 'apps/replicasets',
  StatefulSet: 'apps/statefulsets',
}

/**
 * Holds the targets of HorizontalPodAutoscalers between their bounds. Nothing is measured here: every metric reads exactly
 * its target, so that within the bounds the number of replicas stays what it is.
 */
export const autoscaler: Controller = context => {
  const { client, clock } = context
  const record = createEventRecorder(client, clock, 'horizontal-pod-autoscaler')
  const queue = createReconciler(context, (namespace, name) => {
    const one = client.get(autoscalers, namespace, name)
    if (one !== undefined && one.metadata.deletionTimestamp === undefined) reconcile(context, record, one)
  })
  const stopOwn = client.watch(autoscalers, event => queue.add(keyOf(event.current.object)))
  const stops = Object.entries(scalable).map(([kind, resource]) =>
    client.watch(resource, ({ current }) => {
      for (const one of client.list(autoscalers, current.namespace))
        if (targetIs(one, kind, current.name)) queue.add(keyOf(one))
    }),
  )
  return () => {
    queue.stop()
    stopOwn()
    for (const stop of stops) stop()
  }
}

function targetIs(one: KubeObject, kind: string, name: string): boolean {
  const target = objectAt(one, 'spec', 'scaleTargetRef')
  return textAt(target, 'kind') === kind && textAt(target, 'name') === name
}

function reconcile({ client, clock }: ControllerContext, record: EventRecorder, one: KubeObject): void {
  const reference = objectAt(one, 'spec', 'scaleTargetRef')
  const resource = scalable[textAt(reference, 'kind')]
  const target =
    resource === undefined ? undefined : client.get(resource, one.metadata.namespace ?? '', textAt(reference, 'name'))
  const now = clock.now()
  const mark = (type: string, status: 'True' | 'False', reason: string, message: string) =>
    condition(conditionOf(one, type), { type, status, reason, message }, now)
  if (resource === undefined || target === undefined) {
    const message = `the HPA controller was unable to get the target's current scale: ${textAt(reference, 'kind').toLowerCase()}s.apps "${textAt(reference, 'name')}" not found`
    writeStatus(client, autoscalers, one, {
      ...objectAt(one, 'status'),
      conditions: [mark('AbleToScale', 'False', 'FailedGetScale', message)],
      currentMetrics: null,
      desiredReplicas: numberAt(one, 'status', 'desiredReplicas'),
    })
    record(one, { type: 'Warning', reason: 'FailedGetScale', message: message.slice(message.indexOf(': ') + 2) })
    return
  }
  const replicas = numberAt(target, 'spec', 'replicas')
  const [min, max] = [numberAt(one, 'spec', 'minReplicas') || 1, numberAt(one, 'spec', 'maxReplicas')]
  if (replicas === 0) {
    writeStatus(client, autoscalers, one, {
      ...objectAt(one, 'status'),
      currentReplicas: 0,
      desiredReplicas: 0,
      currentMetrics: null,
      conditions: [
        mark(
          'AbleToScale',
          'True',
          'SucceededGetScale',
          "the HPA controller was able to get the target's current scale",
        ),
        mark(
          'ScalingActive',
          'False',
          'ScalingDisabled',
          'scaling is disabled since the replica count of the target is zero',
        ),
      ],
    })
    return
  }
  const desired = Math.min(Math.max(replicas, min), max)
  if (desired !== replicas) scale(client, record, resource, target, one, desired, replicas < min)
  const able =
    desired === replicas
      ? mark('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
      : mark(
          'AbleToScale',
          'True',
          'SucceededRescale',
          `the HPA controller was able to update the target scale to ${desired}`,
        )
  const limited =
    replicas < min
      ? mark(
          'ScalingLimited',
          'True',
          'TooFewReplicas',
          'the desired replica count is less than the minimum replica count',
        )
      : replicas > max
        ? mark(
            'ScalingLimited',
            'True',
            'TooManyReplicas',
            'the desired replica count is more than the maximum replica count',
          )
        : mark('ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range')
  const active = mark(
    'ScalingActive',
    'True',
    'ValidMetricFound',
    'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
  )
  writeStatus(client, autoscalers, one, {
    ...(desired === replicas
      ? has(one, 'status', 'lastScaleTime')
        ? { lastScaleTime: at(one, 'status', 'lastScaleTime') }
        : {}
      : { lastScaleTime: timestamp(now) }),
    currentReplicas: numberAt(target, 'status', 'replicas'),
    desiredReplicas: desired,
    currentMetrics: objectsAt(one, 'spec', 'metrics').map(currentMetric),
    conditions: [able, active, limited],
  })
}

function scale(
  client: ControllerContext['client'],
  record: EventRecorder,
  resource: string,
  target: KubeObject,
  one: KubeObject,
  desired: number,
  tooFew: boolean,
): void {
  client.patch(resource, target.metadata.namespace ?? '', target.metadata.name, { spec: { replicas: desired } })
  const why = tooFew
    ? 'Current number of replicas below Spec.MinReplicas'
    : 'Current number of replicas above Spec.MaxReplicas'
  record(one, { reason: 'SuccessfulRescale', message: `New size: ${desired}; reason: ${why}` })
}

/** A metric that reads what is wanted. */
function currentMetric(metric: JsonObject): JsonObject {
  const type = textAt(metric, 'type')
  const field = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`
  const { target, ...source } = objectAt(metric, field)
  const { type: _type, ...wanted } = objectAt(target)
  const current = has(wanted, 'averageUtilization') ? { ...wanted, averageValue: '1m' } : wanted
  return { type, [field]: { ...source, current } }
}
