import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { compareQuantities, parseQuantity } from '../../manifest/quantity.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, has, labelsAt, objectAt, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { createIndex, type Index } from './shared/index-of.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'
import { conditionOf, withCondition, writeStatus } from './shared/status.ts'

const retry = 5_000

/** Assigns pods to nodes: those that fit, the one with the fewest pods first. */
export const scheduler: Controller = context => {
  const client = context.client.as('kube-scheduler')
  const own = { ...context, client }
  const record = createEventRecorder(client, context.clock, 'default-scheduler')
  const byNode = createIndex(client, '/pods', pod => textAt(pod, 'spec', 'nodeName') || undefined)
  const queue = createReconciler(own, (namespace, name) => {
    const pod = client.get('/pods', namespace, name)
    if (pod !== undefined && isWaiting(pod) && !schedule(own, record, byNode, pod)) queue.after(retry, keyOf(pod))
  })
  const waiting = createIndex(
    client,
    '/pods',
    pod => (isWaiting(pod) ? 'waiting' : undefined),
    (_all, pod, deleted) => {
      if (!deleted && isWaiting(pod) && !has(conditionOf(pod, 'PodScheduled'), 'reason')) queue.add(keyOf(pod))
    },
  )
  const again = () => {
    for (const pod of waiting.of('waiting')) queue.add(keyOf(pod))
  }
  const stopNodes = client.watch('/nodes', again)
  const stopClaims = client.watch('/persistentvolumeclaims', again)
  return () => {
    queue.stop()
    byNode.stop()
    waiting.stop()
    stopNodes()
    stopClaims()
  }
}

function isWaiting(pod: KubeObject): boolean {
  return (
    textAt(pod, 'spec', 'nodeName') === '' &&
    pod.metadata.deletionTimestamp === undefined &&
    textAt(pod, 'spec', 'schedulerName') === 'default-scheduler' &&
    textAt(pod, 'status', 'phase') !== 'Failed'
  )
}

function schedule(
  { client, clock }: ControllerContext,
  record: EventRecorder,
  byNode: Index,
  pod: KubeObject,
): boolean {
  const { namespace = '' } = pod.metadata
  if (objectsAt(pod, 'spec', 'schedulingGates').length > 0) {
    note(client, clock.now(), pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates')
    return true
  }
  const nodes = client.list('/nodes')
  const unbound = claimProblem(client, pod)
  const problems = new Map<string, number>()
  const fitting = nodes.filter(node => {
    const problem = unbound ?? misfit(pod, node)
    if (problem === undefined) return true
    problems.set(problem, (problems.get(problem) ?? 0) + 1)
    return false
  })
  const chosen = fitting.toSorted(
    (a, b) =>
      byNode.of(a.metadata.name).length - byNode.of(b.metadata.name).length ||
      a.metadata.name.localeCompare(b.metadata.name),
  )[0]
  if (chosen === undefined) {
    const reasons =
      unbound ??
      [...problems]
        .map(([problem, count]) => `${count} ${problem}`)
        .sort()
        .join(', ')
    const all = `0/${nodes.length} nodes are available:`
    const message =
      unbound === undefined
        ? `${all} ${reasons}. no new claims to deallocate, preemption: ${all} ${nodes.length} Preemption is not helpful for scheduling.`
        : `${all} ${reasons}. not found`
    if (note(client, clock.now(), pod, 'Unschedulable', message))
      record(pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling' })
    return false
  }
  const bound = client.update('/pods', {
    ...pod,
    spec: { ...objectAt(pod, 'spec'), nodeName: chosen.metadata.name },
  })
  const condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(clock.now()),
  }
  writeStatus(client, '/pods', bound, {
    ...objectAt(bound, 'status'),
    conditions: withCondition(objectsAt(bound, 'status', 'conditions'), condition),
  })
  record(pod, {
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${pod.metadata.name} to ${chosen.metadata.name}`,
    action: 'Binding',
  })
  return true
}

/** Writes why the pod has no node; false where that was known. */
function note(
  client: ControllerContext['client'],
  now: number,
  pod: KubeObject,
  reason: string,
  message: string,
): boolean {
  const old = conditionOf(pod, 'PodScheduled')
  if (textAt(old, 'message') === message) return false
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    observedGeneration: pod.metadata.generation ?? 1,
    lastProbeTime: null,
    lastTransitionTime: textAt(old, 'lastTransitionTime') || timestamp(now),
  }
  writeStatus(client, '/pods', pod, {
    ...objectAt(pod, 'status'),
    conditions: withCondition(objectsAt(pod, 'status', 'conditions'), condition),
  })
  return true
}

function claimProblem(client: ControllerContext['client'], pod: KubeObject): string | undefined {
  const namespace = pod.metadata.namespace ?? ''
  for (const volume of objectsAt(pod, 'spec', 'volumes')) {
    const name = textAt(volume, 'persistentVolumeClaim', 'claimName')
    if (name === '') continue
    const claim = client.get('/persistentvolumeclaims', namespace, name)
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
    if (textAt(claim, 'status', 'phase') === 'Bound') continue
    const mode = client.get('storage.k8s.io/storageclasses', '', textAt(claim, 'spec', 'storageClassName'))
    if (textAt(mode, 'volumeBindingMode') === 'WaitForFirstConsumer') {
      chooseNode(client, claim)
      continue
    }
    return 'pod has unbound immediate PersistentVolumeClaims'
  }
  return undefined
}

const selectedNode = 'volume.kubernetes.io/selected-node'

/** A claim that waits for its first consumer is told where that will be; any node is as good as another here. */
function chooseNode(client: ControllerContext['client'], claim: KubeObject): void {
  if (claim.metadata.annotations?.[selectedNode] !== undefined) return
  const node = client.list('/nodes')[0]?.metadata.name ?? ''
  client.patch('/persistentvolumeclaims', claim.metadata.namespace ?? '', claim.metadata.name, {
    metadata: { annotations: { [selectedNode]: node } },
  })
}

/** Why a pod cannot run on a node, as the scheduler words it. */
function misfit(pod: KubeObject, node: KubeObject): string | undefined {
  if (at(node, 'spec', 'unschedulable') === true && !tolerates(pod, unschedulable)) return 'node(s) were unschedulable'
  const labels = node.metadata.labels ?? {}
  const selector = Object.entries(labelsAt(pod, 'spec', 'nodeSelector'))
  const required = at(pod, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
  const fits = selector.every(([key, value]) => labels[key] === value) && matchesTerms(required, node)
  if (!fits) return "node(s) didn't match Pod's node affinity/selector"
  const taint = objectsAt(node, 'spec', 'taints').find(
    one => textAt(one, 'effect') !== 'PreferNoSchedule' && !tolerates(pod, one),
  )
  if (taint !== undefined) return `node(s) had untolerated taint {${textAt(taint, 'key')}: ${textAt(taint, 'value')}}`
  for (const resource of ['cpu', 'memory']) {
    const capacity = parseQuantity(textAt(node, 'status', 'allocatable', resource) || '0')
    const wanted = objectsAt(pod, 'spec', 'containers').map(one =>
      parseQuantity(textAt(one, 'resources', 'requests', resource) || '0'),
    )
    if (typeof capacity === 'string') continue
    if (wanted.some(one => typeof one !== 'string' && compareQuantities(one, capacity) > 0))
      return `Insufficient ${resource}`
  }
  return undefined
}

const unschedulable: JsonObject = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

function tolerates(pod: KubeObject, taint: JsonObject): boolean {
  return objectsAt(pod, 'spec', 'tolerations').some(one => {
    const [key, effect] = [textAt(one, 'key'), textAt(one, 'effect')]
    if (effect !== '' && effect !== textAt(taint, 'effect')) return false
    if (key !== '' && key !== textAt(taint, 'key')) return false
    return textAt(one, 'operator') === 'Exists' || textAt(one, 'value') === textAt(taint, 'value')
  })
}

function matchesTerms(required: unknown, node: KubeObject): boolean {
  const terms = objectsAt(required, 'nodeSelectorTerms')
  if (terms.length === 0) return required === undefined || required === null
  const labels = node.metadata.labels ?? {}
  const holds = (expression: JsonObject, value: string | undefined): boolean => {
    const values = textsAt(expression, 'values')
    switch (textAt(expression, 'operator')) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      case 'Gt':
        return Number(value) > Number(values[0])
      case 'Lt':
        return Number(value) < Number(values[0])
      default:
        return false
    }
  }
  return terms.some(
    term =>
      objectsAt(term, 'matchExpressions').every(one => holds(one, labels[textAt(one, 'key')])) &&
      objectsAt(term, 'matchFields').every(one => holds(one, node.metadata.name)),
  )
}
