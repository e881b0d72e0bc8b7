import type { Kustomization } from '../../api/kustomization.ts'
import { judge } from '../../health/judge.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { ApiError } from '../../kube/cluster.ts'
import { formatRef, type KubeObject, type ObjectRef, parseApiVersion, refKey } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import { isOtherDependency, keyOf } from './dependencies.ts'
import type { Observation } from './health-wait.ts'
import { observe } from './observation.ts'
import type { Stalled, Waiting } from './outcome.ts'
import { evaluateReady } from './ready-expression.ts'
import { actorOf } from './targets.ts'

type DependencySpec = NonNullable<Kustomization['spec']['dependsOn']>[number]

/** Dependencies on objects that are no Kustomizations, looked at as whom the Kustomization acts as. */
export interface OtherDependencies {
  /** Why a Kustomization has to wait for one; undefined when it may go on. As long as it waits, changes wake it. */
  unmet(kustomization: Kustomization): Promise<Waiting | Stalled | undefined>
  /** Stops looking on behalf of `namespace/name`. */
  forget(key: string): void
  close(): void
}

interface Watched extends Observation {
  readonly refs: readonly ObjectRef[]
  close(): void
}

/** Why one dependency is not met. Without `ready` and `readyExpr` it only has to be there, as in Flux's ResourceSets. */
function problemWith(
  self: Kustomization,
  { ready, readyExpr }: DependencySpec,
  ref: ObjectRef,
  object: KubeObject | undefined,
  now: Date,
): string | undefined {
  const name = `dependency '${formatRef(ref)}'`
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return `${name} not found`
  if (readyExpr !== undefined) {
    const problem = evaluateReady(readyExpr, self, object)
    return problem === undefined ? undefined : `${name} ${problem}`
  }
  if (ready !== true) return undefined
  const { message, status } = judge(object, now, { jobsRunToCompletion: true })
  return status === 'Current' ? undefined : `${name} is not ready: ${message}`
}

/** `wake` is called with `namespace/name` of a Kustomization that waits for something that changed. */
export function watchOtherDependencies(context: EngineContext, wake: (key: string) => void): OtherDependencies {
  const watched = new Map<string, Watched>()

  function forget(key: string): void {
    watched.get(key)?.close()
    watched.delete(key)
  }

  async function refOf(
    { metadata }: Kustomization,
    dependency: DependencySpec,
    client: KubeClient,
  ): Promise<ObjectRef> {
    const { apiVersion = '', kind = '', name, namespace = metadata.namespace ?? '' } = dependency
    const gvk = { ...parseApiVersion(apiVersion), kind }
    const { namespaced } = await client.resource(gvk)
    return { ...gvk, name, namespace: namespaced ? namespace : '' }
  }

  /** The objects as they are: from the watch where it is on, else asked for. */
  async function look(
    key: string,
    refs: readonly ObjectRef[],
    client: KubeClient,
  ): Promise<readonly (KubeObject | undefined)[]> {
    const known = watched.get(key)
    const isSame = known?.refs.map(refKey).join() === refs.map(refKey).join()
    if (known !== undefined && isSame) return refs.map(ref => known.get(ref))
    forget(key)
    return await Promise.all(refs.map(ref => client.get(ref)))
  }

  async function watch(key: string, refs: readonly ObjectRef[], client: KubeClient): Promise<Watched> {
    const observation = await observe(refs, context.objects, client)
    const unsubscribe = observation.subscribe(() => wake(key))
    const close = () => {
      unsubscribe()
      observation.close()
    }
    const entry = { ...observation, refs, close }
    watched.set(key, entry)
    return entry
  }

  async function problemOf(kustomization: Kustomization): Promise<string | undefined> {
    const key = keyOf(kustomization)
    const dependencies = (kustomization.spec.dependsOn ?? []).filter(isOtherDependency)
    const username = actorOf(kustomization, context.settings.defaultServiceAccount)
    const client = username === undefined ? context.cluster : context.cluster.as({ username })
    const now = new Date(context.clock.now())
    const first = (refs: readonly ObjectRef[], objects: readonly (KubeObject | undefined)[]) =>
      dependencies
        .map((each, index) => problemWith(kustomization, each, refs[index]!, objects[index], now))
        .find(Boolean)

    const refs = await Promise.all(dependencies.map(each => refOf(kustomization, each, client)))
    const problem = first(refs, await look(key, refs, client))
    if (problem === undefined || watched.has(key)) return problem
    // What happened before the watch was on would wake nobody.
    const entry = await watch(key, refs, client)
    return first(refs, refs.map(entry.get))
  }

  return {
    forget,
    async unmet(kustomization) {
      const key = keyOf(kustomization)
      const { metadata, spec } = kustomization
      const others = (spec.dependsOn ?? []).filter(isOtherDependency)
      if (others.length === 0) {
        forget(key)
        return undefined
      }
      const foreign = others.find(({ namespace = metadata.namespace }) => namespace !== metadata.namespace)
      if (context.settings.noCrossNamespaceRefs && foreign !== undefined) {
        const message = `can't access '${foreign.kind}/${foreign.namespace}/${foreign.name}', cross-namespace references have been blocked`
        return { kind: 'stalled', reason: 'AccessDenied', message }
      }
      try {
        const message = await problemOf(kustomization)
        if (message === undefined) forget(key)
        return message === undefined ? undefined : { kind: 'waiting', reason: 'DependencyNotReady', message }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return {
          kind: 'waiting',
          reason: 'DependencyNotReady',
          message: `dependencies cannot be read: ${error.message}`,
        }
      }
    },
    close() {
      for (const key of [...watched.keys()]) forget(key)
    },
  }
}
