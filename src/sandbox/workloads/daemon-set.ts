import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, labelsAt, numberAt, objectAt, objectsAt, textAt, withAt } from '../kinds/schema/value.ts'
import { StatusError } from '../status.ts'
import { syncRevisions, trimRevisions } from './controller-revisions.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { type Index, indexByOwner } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import { isActive, isReady, podFromTemplate, untilAvailable } from './shared/pods.ts'
import { keyOf, type Reconciler } from './shared/reconciler.ts'
import { nonZero, resolveIntOrPercent, writeStatus } from './shared/status.ts'

const sets = 'apps/daemonsets'
const hashLabel = 'controller-revision-hash'
const generationLabel = 'pod-template-generation'

interface Context extends ControllerContext {
  readonly record: EventRecorder
  readonly queue: Reconciler
  readonly pods: Index
  readonly revisions: Index
}

/** Runs one pod of each DaemonSet on every node that it may run on. */
export const daemonSetController: Controller = base => {
  const { client, clock } = base
  const record = createEventRecorder(client, clock, 'daemonset-controller')
  const owners = reconcileOwners(base, sets, set => {
    if (set.metadata.deletionTimestamp === undefined) reconcile({ ...base, record, queue, pods, revisions }, set)
  })
  const { queue } = owners
  const pods = indexByOwner(client, '/pods', owners.wake)
  const revisions = indexByOwner(client, 'apps/controllerrevisions')
  const stopNodes = client.watch('/nodes', () => {
    for (const set of client.list(sets)) queue.add(keyOf(set))
  })
  return () => {
    owners.stop()
    pods.stop()
    revisions.stop()
    stopNodes()
  }
}

/** The node that a daemon's pod is for: where it runs, or where its affinity sends it. */
function nodeOf(pod: KubeObject): string {
  const bound = textAt(pod, 'spec', 'nodeName')
  if (bound !== '') return bound
  const terms = objectsAt(
    at(pod, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
    'nodeSelectorTerms',
  )
  const values = objectsAt(terms[0], 'matchFields')[0]?.['values']
  return Array.isArray(values) ? String(values[0]) : ''
}

function reconcile(context: Context, set: KubeObject): void {
  const { client, pods, record } = context
  const { uid = '', namespace = '', name } = set.metadata
  const revisions = syncRevisions(client, set, context.revisions.of(uid))
  const hash = revisions.current.metadata.labels?.[hashLabel] ?? ''
  const nodes = client.list('/nodes').filter(node => mayRun(set, node))
  const byNode = new Map<string, KubeObject[]>()
  for (const pod of pods.of(uid)) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod])
  const remove = (pod: KubeObject) => {
    if (pod.metadata.deletionTimestamp !== undefined) return
    client.delete('/pods', namespace, pod.metadata.name)
    record(set, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
  }
  for (const [node, list] of byNode)
    if (!nodes.some(one => one.metadata.name === node)) for (const pod of list) remove(pod)
  for (const node of nodes) {
    const list = byNode.get(node.metadata.name) ?? []
    for (const pod of list) if (textAt(pod, 'status', 'phase') === 'Failed') remove(pod)
    if (list.length === 0) create(context, set, node.metadata.name, hash)
  }
  if (textAt(set, 'spec', 'updateStrategy', 'type') === 'RollingUpdate') roll(context, set, nodes.length, hash, remove)
  const live = client.get(sets, namespace, name)
  if (live === undefined || live.metadata.uid !== uid) return
  const counted = pods.of(uid).filter(isActive)
  summarize(context, live, counted, nodes.length, hash)
  const used = new Set(counted.map(pod => `${name}-${pod.metadata.labels?.[hashLabel] ?? ''}`))
  trimRevisions(client, revisions, used, numberAt(live, 'spec', 'revisionHistoryLimit'))
}

/** Takes outdated pods away: those that do not serve at once, of the others as many as may be missing. */
function roll(
  { pods, clock }: Context,
  set: KubeObject,
  desired: number,
  hash: string,
  remove: (pod: KubeObject) => void,
): void {
  const allowed = at(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable')
  const budget = Math.max(1, resolveIntOrPercent(allowed, desired, 'up'))
  const minReady = numberAt(set, 'spec', 'minReadySeconds')
  const available = (pod: KubeObject) => isActive(pod) && untilAvailable(pod, minReady, clock.now()) === 0
  const all = pods.of(set.metadata.uid ?? '')
  const outdated = all.filter(pod => pod.metadata.labels?.[hashLabel] !== hash && isActive(pod))
  for (const pod of outdated.filter(one => !available(one))) remove(pod)
  let spare = budget - (desired - all.filter(available).length)
  for (const pod of outdated.filter(available)) {
    if (spare <= 0) return
    remove(pod)
    spare--
  }
}

const daemonTolerations: readonly JsonObject[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

function create({ client, record }: Context, set: KubeObject, node: string, hash: string): void {
  const template = objectAt(set, 'spec', 'template')
  const path = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms']
  const field = { key: 'metadata.name', operator: 'In', values: [node] }
  const spec = withAt(objectAt(template, 'spec'), path, [{ matchFields: [field] }])
  const generation = set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? '1'
  try {
    const pod = client.create(
      '/pods',
      podFromTemplate(set, template, {
        labels: { [hashLabel]: hash, [generationLabel]: generation },
        spec: { ...spec, tolerations: [...objectsAt(spec, 'tolerations'), ...daemonTolerations] },
      }),
    )
    record(set, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` })
  } catch (error) {
    if (error instanceof StatusError)
      record(set, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` })
    throw error
  }
}

function mayRun(set: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {}
  const selector = labelsAt(set, 'spec', 'template', 'spec', 'nodeSelector')
  const tolerations = [...objectsAt(set, 'spec', 'template', 'spec', 'tolerations'), ...daemonTolerations]
  const tolerated = (taint: JsonObject) =>
    tolerations.some(
      one =>
        (textAt(one, 'key') === '' || textAt(one, 'key') === textAt(taint, 'key')) &&
        (textAt(one, 'effect') === '' || textAt(one, 'effect') === textAt(taint, 'effect')) &&
        (textAt(one, 'operator') === 'Exists' || textAt(one, 'value') === textAt(taint, 'value')),
    )
  return (
    Object.entries(selector).every(([key, value]) => labels[key] === value) &&
    objectsAt(node, 'spec', 'taints').every(taint => textAt(taint, 'effect') === 'PreferNoSchedule' || tolerated(taint))
  )
}

function summarize(
  { client, clock, queue }: Context,
  set: KubeObject,
  pods: readonly KubeObject[],
  desired: number,
  hash: string,
): void {
  const waits = pods.map(pod => untilAvailable(pod, numberAt(set, 'spec', 'minReadySeconds'), clock.now()))
  const available = waits.filter(wait => wait === 0).length
  writeStatus(client, sets, set, {
    observedGeneration: set.metadata.generation ?? 0,
    currentNumberScheduled: pods.length,
    desiredNumberScheduled: desired,
    numberMisscheduled: 0,
    numberReady: pods.filter(isReady).length,
    ...nonZero({
      updatedNumberScheduled: pods.filter(pod => pod.metadata.labels?.[hashLabel] === hash).length,
      numberAvailable: available,
      numberUnavailable: Math.max(0, desired - available),
      collisionCount: at(set, 'status', 'collisionCount') ?? null,
    }),
  })
  const pending = waits.filter(wait => wait !== undefined && wait > 0) as number[]
  if (pending.length > 0) queue.after(Math.min(...pending), keyOf(set))
}
