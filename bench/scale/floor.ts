import { addFinalizer, removeFinalizer } from '../../src/engine/finalizer.ts'
import { writeStatus } from '../../src/engine/status-writer.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { timestamp } from '../../src/manifest/clock.ts'
import { type KubeObject, refOf } from '../../src/manifest/object.ts'
import { readManifests } from '../../src/manifest/yaml/manifests.ts'
import { kustomization, manifests } from './application.ts'
import { forEach } from './for-each.ts'

/** Seconds that nobody can be quicker than on this cluster. */
export interface FloorTimes {
  /** Until everything is written. */
  readonly written: number
  /**
   * Until Kubernetes' own controllers have seen every Deployment too, which is what `wait` waits for; and before that, the
   * time that the user's own requests take, where a step begins with them.
   */
  readonly seen: number
}

export interface Floor {
  /** Every object created, and the finalizer and one status written for each Kustomization: what Flux's clients rely on. */
  readonly create: FloorTimes
  /** One of the four objects changed, and one status written for each Kustomization. */
  readonly change: FloorTimes
  /** The same, after the spec of every Kustomization was changed. */
  readonly changeOfSpecs: FloorTimes
}

/** Bare server-side apply of the same objects, with as many requests at once as the engine makes. */
export async function measureFloor(user: KubeClient, namespace: string, names: readonly string[]): Promise<Floor> {
  const put = (object: KubeObject) => user.apply(object, { fieldManager: 'bench', force: true })
  const applyAll = (value: string, kinds?: readonly string[]) => {
    const objects = names.flatMap(name =>
      readManifests(manifests(name, value), { file: '', dialect: 'kubectl' }).manifests.map(
        each => each.value as unknown as KubeObject,
      ),
    )
    const wanted = objects.filter(({ kind }) => kinds?.includes(kind) ?? true)
    return forEach(wanted, object => put({ ...object, metadata: { ...object.metadata, namespace } }))
  }
  const specOf = (name: string, value: string) => suspended(kustomization('shared', namespace, name, value))
  const putSpecs = (value: string) => forEach(names, name => put(specOf(name, value)))
  const putFinalizers = () => forEach(names, name => addFinalizer(user, specOf(name, 'first'), 'bench'))
  const writeStatuses = (message: string) =>
    forEach(names, name => writeStatus(user, specOf(name, 'first'), statusOf(namespace, name, message), 'bench'))

  await put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const created = await secondsOf(() => putSpecs('first'))
  const measured = async (write: () => Promise<void>): Promise<FloorTimes> => {
    const written = await secondsOf(write)
    return { written, seen: written + (await secondsOf(() => untilSeen(user, namespace, names.length))) }
  }
  const create = await measured(async () => {
    await putFinalizers()
    await applyAll('first')
    await writeStatuses('created')
  })
  const change = await measured(async () => {
    await applyAll('second', ['Deployment'])
    await writeStatuses('changed')
  })
  const changed = await secondsOf(() => putSpecs('second'))
  // An engine would have work with them.
  await forEach(names, async name => {
    const object = specOf(name, 'second')
    await removeFinalizer(user, object, 'bench')
    await user.delete(refOf(object))
  })
  return {
    create: { ...create, seen: created + create.seen },
    change,
    changeOfSpecs: { ...change, seen: changed + change.seen },
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function suspended(object: KubeObject): KubeObject {
  return { ...object, spec: { ...(object['spec'] as object), suspend: true } }
}

/** No more than what Flux's clients read there. */
function statusOf(namespace: string, name: string, message: string) {
  const now = timestamp(Date.now())
  const revision = `main@sha1:${'0'.repeat(40)}`
  const condition = {
    status: 'True',
    reason: 'ReconciliationSucceeded',
    lastTransitionTime: now,
    observedGeneration: 1,
  }
  return {
    conditions: ['Ready', 'Healthy'].map(type => ({ type, ...condition, message })),
    history: [
      {
        digest: `sha256:${'0'.repeat(64)}`,
        firstReconciled: now,
        lastReconciled: now,
        lastReconciledDuration: '1s',
        lastReconciledStatus: condition.reason,
        totalReconciliations: 1,
        metadata: { revision },
      },
    ],
    inventory: {
      entries: ['_ServiceAccount', '_Service', 'apps_Deployment', 'networking.k8s.io_Ingress'].map(kind => ({
        id: `${namespace}_${name}_${kind}`,
        v: 'v1',
      })),
    },
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    observedGeneration: 1,
  }
}

async function untilSeen(user: KubeClient, namespace: string, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const isSeen = ({ metadata, ...rest }: KubeObject) =>
    (rest['status'] as { observedGeneration?: number } | undefined)?.observedGeneration === metadata.generation
  const look = () => void (informer.list().filter(isSeen).length === count && resolve())
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment' }
  const informer = watchResource(user, kind, { namespace, onChange: () => queueMicrotask(look) })
  await promise
  informer.close()
}
