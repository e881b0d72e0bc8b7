import { findCondition } from '../../src/api/condition.ts'
import type { Kustomization } from '../../src/api/kustomization.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { type Change, type Informer, watchResource } from '../../src/kube/informer.ts'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { formatRef, gvkOf, type KubeObject, type ObjectRef, refOf } from '../../src/manifest/object.ts'
import { mismatch } from '../scenarios/match.ts'
import { type Fleet, kustomizationOf, NAMESPACE, objectsOf, ROOT } from './fleet.ts'

const KINDS = [
  { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
  { group: '', version: 'v1', kind: 'ConfigMap' },
  { group: '', version: 'v1', kind: 'Service' },
  { group: 'apps', version: 'v1', kind: 'Deployment' },
]
const OWNER = 'kustomize.toolkit.fluxcd.io/name'

/** Watches, as a user of its own, what becomes of the objects that Git holds. */
export interface Witness {
  /** What Git holds from now on. */
  holds(fleet: Fleet): void
  /** Deletes an object as people do, which counts for nobody's fault; resolves when its end was seen. */
  deleteByHand(ref: ObjectRef): Promise<void>
  /** Changes an object as people do; resolves when the change was seen, so that what is looked at next is not the state before it. */
  changeByHand(ref: ObjectRef, patch: JsonObject): Promise<void>
  /** Resolves when the cluster is where Git wants it, at this commit; rejects when an object of Git was deleted, or at the deadline. */
  reached(commit: string, deadlineMs?: number): Promise<void>
  close(): void
}

function nameOf(object: JsonObject | KubeObject): string {
  return formatRef(refOf(object as unknown as KubeObject))
}

function inventoryId(object: JsonObject): string {
  const { group, kind } = gvkOf(object as unknown as KubeObject)
  return `${NAMESPACE}_${(object['metadata'] as JsonObject)['name']}_${group}_${kind}`
}

/** How a Kustomization misses being done with a commit. */
function complaintsOf(name: string, applied: readonly JsonObject[], commit: string, found: Kustomization | undefined) {
  if (found === undefined) return [`Kustomization ${name} does not exist`]
  const { metadata, status } = found
  const expected = applied.map(inventoryId).toSorted()
  const inventory = (status?.inventory?.entries ?? []).map(({ id }) => id).toSorted()
  const ready = findCondition(status?.conditions, 'Ready')
  return [
    ...(ready?.status === 'True' && ready.observedGeneration === metadata.generation
      ? []
      : [`is not Ready: ${ready?.reason} ${ready?.message}`]),
    ...(status?.lastAppliedRevision === `main@sha1:${commit}` ? [] : [`is at ${status?.lastAppliedRevision}`]),
    ...(JSON.stringify(inventory) === JSON.stringify(expected) ? [] : [`has the inventory ${inventory.join(', ')}`]),
  ].map(complaint => `Kustomization ${name} ${complaint}`)
}

/** How the cluster misses what Git holds: objects that are not as written, what should be gone, and what Kustomizations say. */
function complaintsAt(fleet: Fleet, commit: string, objects: readonly KubeObject[]): readonly string[] {
  const live = new Map(objects.map(object => [nameOf(object), object]))
  const applications = Object.entries(fleet).map(([name, application]) => ({
    name,
    kustomization: kustomizationOf(name, application),
    objects: objectsOf(name, application),
  }))
  const kustomizations = applications.map(each => each.kustomization)
  const held = [...kustomizations, ...applications.flatMap(each => each.objects)]
  const wanted = new Set(held.map(nameOf))
  const left = objects.filter(each => each.metadata.labels?.[OWNER] !== undefined && !wanted.has(nameOf(each)))
  const found = (name: string) => live.get(`Kustomization/${NAMESPACE}/${name}`) as Kustomization | undefined
  return [
    ...held.flatMap(object => {
      const actual = live.get(nameOf(object))
      if (actual === undefined) return [`${nameOf(object)} is missing`]
      const lines = mismatch(object, actual as unknown as JsonValue)
      const own = actual.metadata.labels?.[OWNER] === undefined ? ['has no owner label'] : []
      const data = JSON.stringify(object['data']) === JSON.stringify(actual['data']) ? [] : ['has other data']
      const isMap = actual.kind === 'ConfigMap'
      return [...lines, ...own, ...(isMap ? data : [])].map(line => `${nameOf(object)} ${line}`)
    }),
    ...left.map(each => `${nameOf(each)} is left behind`),
    ...complaintsOf(ROOT, kustomizations, commit, found(ROOT)),
    ...applications.flatMap(each => complaintsOf(each.name, each.objects, commit, found(each.name))),
  ]
}

export function startWitness(user: KubeClient): Witness {
  const excused = new Set<string>()
  /** Versions of every object. */
  const seen = new Set<string>()
  const deletions: string[] = []
  const looking = new Set<() => void>()
  let fleet: Fleet = {}
  let held = new Set<string>()

  function onChange(change: Change): void {
    seen.add(`${nameOf(change.object)} ${change.object.metadata.resourceVersion}`)
    if (change.type === 'deleted') {
      const name = nameOf(change.object)
      if (!excused.delete(name) && held.has(name)) deletions.push(name)
    }
    queueMicrotask(lookAll)
  }
  function lookAll(): void {
    for (const look of looking) look()
  }
  const informers: readonly Informer[] = KINDS.map(kind =>
    watchResource(user, kind, {
      namespace: NAMESPACE,
      onChange,
      onState: () => queueMicrotask(lookAll),
      // Back at once where the API server is.
      backoff: { base: 100, limit: 1000 },
    }),
  )

  function sees(judge: (objects: readonly KubeObject[]) => readonly string[], deadlineMs = 90_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let complaints: readonly string[] = []
    const look = () => {
      if (deletions.length > 0) reject(new Error(`deleted, though Git holds it: ${deletions.join(', ')}`))
      if (informers.some(({ state }) => state.phase !== 'watching')) return
      complaints = judge(informers.flatMap(each => each.list()))
      if (complaints.length === 0) resolve()
    }
    const late = setTimeout(
      () => reject(new Error(`the cluster did not get there:\n  ${complaints.join('\n  ')}`)),
      deadlineMs,
    )
    looking.add(look)
    look()
    return promise.finally(() => {
      clearTimeout(late)
      looking.delete(look)
    })
  }

  return {
    holds(next) {
      fleet = next
      const applications = Object.entries(next)
      const kustomizations = applications.map(([name]) => `Kustomization/${NAMESPACE}/${name}`)
      const objects = applications.flatMap(([name, application]) => objectsOf(name, application).map(nameOf))
      held = new Set([...kustomizations, ...objects])
    },
    async deleteByHand(ref) {
      const name = formatRef(ref)
      excused.add(name)
      await user.delete(ref)
      await sees(() => (excused.has(name) ? [`the end of ${name} was not seen`] : []))
    },
    async changeByHand(ref, patch) {
      const changed = await user.patch(ref, patch, { type: 'merge', fieldManager: 'kubectl-edit' })
      const version = `${formatRef(ref)} ${changed.metadata.resourceVersion}`
      await sees(() => (seen.has(version) ? [] : [`${version} was not seen`]))
    },
    reached: (commit, deadlineMs) => sees(objects => complaintsAt(fleet, commit, objects), deadlineMs),
    close() {
      for (const informer of informers) informer.close()
    },
  }
}
