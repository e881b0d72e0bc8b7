import { kustomizationKind } from '../../src/api/kustomization.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
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
  /** Every object created, and one status written for each Kustomization. */
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
  const writeStatuses = (message: string) =>
    forEach(names, name =>
      user.patch({ ...kustomizationKind, namespace, name }, { status: statusOf(message) }, statusOptions),
    )

  const putSpecs = async (value: string): Promise<number> => {
    const started = performance.now()
    await forEach(names, name => put(suspended(kustomization('shared', namespace, name, value))))
    return (performance.now() - started) / 1000
  }

  await put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const created = await putSpecs('first')
  const measured = async (write: () => Promise<void>): Promise<FloorTimes> => {
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    await write()
    const written = seconds()
    await untilSeen(user, namespace, names.length)
    return { written, seen: seconds() }
  }
  const create = await measured(async () => {
    await applyAll('first')
    await writeStatuses('created')
  })
  const change = await measured(async () => {
    await applyAll('second', ['Deployment'])
    await writeStatuses('changed')
  })
  const changed = await putSpecs('second')
  // An engine would have work with them.
  await forEach(names, async name => void (await user.delete({ ...kustomizationKind, namespace, name })))
  return {
    create: { ...create, seen: created + create.seen },
    change,
    changeOfSpecs: { ...change, seen: changed + change.seen },
  }
}

const statusOptions = { type: 'merge', subresource: 'status', fieldManager: 'bench' } as const

function suspended(object: KubeObject): KubeObject {
  return { ...object, spec: { ...(object['spec'] as object), suspend: true } }
}

function statusOf(message: string) {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '')
  return {
    conditions: [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message, lastTransitionTime }],
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
