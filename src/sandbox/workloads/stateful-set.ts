import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, has, labelsAt, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { StatusError } from '../status.ts'
import { syncRevisions, templateOfRevision, trimRevisions } from './controller-revisions.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { type Index, indexByOwner } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import { isReady, podFromTemplate, untilAvailable } from './shared/pods.ts'
import { keyOf, type Reconciler } from './shared/reconciler.ts'
import { nonZero, writeStatus } from './shared/status.ts'

const sets = 'apps/statefulsets'
const claims = '/persistentvolumeclaims'
const hashLabel = 'controller-revision-hash'

interface Context extends ControllerContext {
  readonly record: EventRecorder
  readonly queue: Reconciler
  readonly pods: Index
  readonly revisions: Index
}

/** Runs StatefulSets: named pods with claims of their own, made and replaced in order. */
export const statefulSetController: Controller = base => {
  const { client, clock } = base
  const record = createEventRecorder(client, clock, 'statefulset-controller')
  const owners = reconcileOwners(base, sets, set => {
    if (set.metadata.deletionTimestamp === undefined) reconcile({ ...base, record, queue, pods, revisions }, set)
  })
  const { queue } = owners
  const pods = indexByOwner(client, '/pods', owners.wake)
  const revisions = indexByOwner(client, 'apps/controllerrevisions')
  return () => {
    owners.stop()
    pods.stop()
    revisions.stop()
  }
}

function reconcile(context: Context, set: KubeObject): void {
  const { client, pods } = context
  const { uid = '', namespace = '', name } = set.metadata
  const revisions = syncRevisions(client, set, context.revisions.of(uid))
  const target = revisions.current
  const present = revisions.all.find(one => one.metadata.name === textAt(set, 'status', 'currentRevision')) ?? target
  arrange(context, set, present, target)
  const live = client.get(sets, namespace, name)
  if (live === undefined || live.metadata.uid !== uid) return
  const counted = pods.of(uid)
  const settled = summarize(context, live, counted, present, target)
  if (!settled) return
  const used = new Set(counted.map(pod => pod.metadata.labels?.[hashLabel] ?? ''))
  trimRevisions(client, revisions, used, numberAt(live, 'spec', 'revisionHistoryLimit'))
}

const ordinalOf = (set: KubeObject, pod: KubeObject) => Number(pod.metadata.name.slice(set.metadata.name.length + 1))

/** Creates the next missing pod, or takes the last surplus or outdated one away; one at a time unless Parallel. */
function arrange(context: Context, set: KubeObject, present: KubeObject, target: KubeObject): void {
  const { client, pods, record, clock } = context
  const { uid = '', namespace = '' } = set.metadata
  const start = numberAt(set, 'spec', 'ordinals', 'start')
  const end = start + numberAt(set, 'spec', 'replicas')
  const ordered = textAt(set, 'spec', 'podManagementPolicy') !== 'Parallel'
  const minReady = numberAt(set, 'spec', 'minReadySeconds')
  const byOrdinal = new Map(pods.of(uid).map(pod => [ordinalOf(set, pod), pod]))
  const available = (pod: KubeObject) => untilAvailable(pod, minReady, clock.now()) === 0
  const remove = (pod: KubeObject) => {
    if (pod.metadata.deletionTimestamp !== undefined) return
    client.delete('/pods', namespace, pod.metadata.name)
    record(set, {
      reason: 'SuccessfulDelete',
      message: `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
    })
  }
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    const phase = textAt(pod, 'status', 'phase')
    if (pod === undefined) {
      create(context, set, ordinal, ordinal < partitionOf(set) + start ? present : target)
      if (ordered) return
    } else if (phase === 'Failed' || phase === 'Succeeded') {
      remove(pod)
      if (ordered) return
    } else if (ordered && (pod.metadata.deletionTimestamp !== undefined || !available(pod))) {
      if (pod.metadata.deletionTimestamp !== undefined || !isStuckOnOldRevision(set, pod, target)) return
    }
  }
  const surplus = [...byOrdinal].filter(([ordinal]) => ordinal < start || ordinal >= end).sort(([a], [b]) => b - a)
  for (const [, pod] of surplus) {
    remove(pod)
    if (ordered) return
  }
  if (textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return
  for (let ordinal = end - 1; ordinal >= start + partitionOf(set); ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) continue
    if (pod.metadata.labels?.[hashLabel] !== target.metadata.name) {
      remove(pod)
      return
    }
    if (!available(pod)) return
  }
}

/** A pod that never gets ready must not keep a newer template from coming. */
function isStuckOnOldRevision(set: KubeObject, pod: KubeObject, target: KubeObject): boolean {
  return (
    textAt(set, 'spec', 'updateStrategy', 'type') === 'RollingUpdate' &&
    pod.metadata.labels?.[hashLabel] !== target.metadata.name &&
    textAt(pod, 'status', 'phase') === 'Running'
  )
}

const partitionOf = (set: KubeObject) => numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')

function create({ client, record }: Context, set: KubeObject, ordinal: number, revision: KubeObject): void {
  const name = `${set.metadata.name}-${ordinal}`
  const template = templateOfRevision(revision)
  const templates = objectsAt(set, 'spec', 'volumeClaimTemplates')
  const names = templates.map(claim => textAt(claim, 'metadata', 'name'))
  for (const claim of templates) ensureClaim(client, record, set, name, claim)
  const kept = objectsAt(template, 'spec', 'volumes').filter(volume => !names.includes(textAt(volume, 'name')))
  const volumes = [
    ...names.map(claim => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } })),
    ...kept,
  ]
  const service = textAt(set, 'spec', 'serviceName')
  try {
    client.create(
      '/pods',
      podFromTemplate(set, template, {
        name,
        labels: {
          'apps.kubernetes.io/pod-index': String(ordinal),
          [hashLabel]: revision.metadata.name,
          'statefulset.kubernetes.io/pod-name': name,
        },
        spec: {
          hostname: name,
          ...(service === '' ? {} : { subdomain: service }),
          ...(volumes.length === 0 ? {} : { volumes }),
        },
      }),
    )
    record(set, {
      reason: 'SuccessfulCreate',
      message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    })
  } catch (error) {
    if (error instanceof StatusError && error.status.code !== 409)
      record(set, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`,
      })
    throw error
  }
}

function ensureClaim(
  client: Context['client'],
  record: EventRecorder,
  set: KubeObject,
  pod: string,
  template: JsonObject,
): void {
  const namespace = set.metadata.namespace ?? ''
  const name = `${textAt(template, 'metadata', 'name')}-${pod}`
  if (client.get(claims, namespace, name) !== undefined) return
  const labels = { ...labelsAt(template, 'metadata', 'labels'), ...labelsAt(set, 'spec', 'selector', 'matchLabels') }
  client.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels,
      ...(has(template, 'metadata', 'annotations')
        ? { annotations: labelsAt(template, 'metadata', 'annotations') }
        : {}),
    },
    spec: objectAt(template, 'spec'),
  })
  record(set, {
    reason: 'SuccessfulCreate',
    message: `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`,
  })
}

/** Writes the status; true when the roll-out is over. */
function summarize(
  { client, clock, queue }: Context,
  set: KubeObject,
  pods: readonly KubeObject[],
  present: KubeObject,
  target: KubeObject,
): boolean {
  const existing = pods.filter(pod => !['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase')))
  const staying = existing.filter(pod => pod.metadata.deletionTimestamp === undefined)
  const replicas = numberAt(set, 'spec', 'replicas')
  const waits = existing.map(pod => untilAvailable(pod, numberAt(set, 'spec', 'minReadySeconds'), clock.now()))
  const count = (revision: KubeObject) =>
    staying.filter(pod => pod.metadata.labels?.[hashLabel] === revision.metadata.name).length
  const updated = count(target)
  const ready = existing.filter(isReady).length
  const done = updated === replicas && existing.length === replicas && ready === replicas
  const rolling = textAt(set, 'spec', 'updateStrategy', 'type') === 'RollingUpdate'
  const current = done && rolling ? target : present
  writeStatus(client, sets, set, {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: existing.length,
    ...nonZero({ readyReplicas: ready, currentReplicas: count(current), updatedReplicas: updated }),
    currentRevision: current.metadata.name,
    updateRevision: target.metadata.name,
    collisionCount: at(set, 'status', 'collisionCount') ?? 0,
    availableReplicas: waits.filter(wait => wait === 0).length,
  })
  const pending = waits.filter(wait => wait !== undefined && wait > 0) as number[]
  if (pending.length > 0) queue.after(Math.min(...pending), keyOf(set))
  return done
}
