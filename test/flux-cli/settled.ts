import { type Condition, findCondition, isReady } from '../../src/api/condition.ts'
import type { GitRepository } from '../../src/api/git-repository.ts'
import type { Kustomization } from '../../src/api/kustomization.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { FLUX_KINDS } from '../recordings/replay.ts'

const DEADLINE_MS = 60_000

type Served = GitRepository | Kustomization

function answered({ metadata, status }: Served): Condition | undefined {
  const ready = findCondition(status?.conditions, 'Ready')
  const asked = metadata.annotations?.['reconcile.fluxcd.io/requestedAt']
  const isHandled = asked === undefined || asked === status?.lastHandledReconcileAt
  return isHandled && ready?.observedGeneration === metadata.generation ? ready : undefined
}

interface Namespace {
  readonly repositories: readonly GitRepository[]
  readonly kustomizations: readonly Kustomization[]
}

function isFree({ spec }: Kustomization, { kustomizations }: Namespace): boolean {
  const isSettled = (name: string) => kustomizations.some(each => each.metadata.name === name && isReady(each))
  return (spec.dependsOn ?? []).every(({ name }) => isSettled(name))
}

/** What keeps an object from being where its spec and its source want it, as far as a client can tell; undefined: nothing. */
function pendingIn(object: Served, all: Namespace): string | undefined {
  const { kind, metadata, spec } = object
  const say = (what: string) => `${kind}/${metadata.name} ${what}`
  if (metadata.deletionTimestamp !== undefined) return say('is being deleted')
  if (spec.suspend === true) return undefined
  const ready = answered(object)
  if (ready === undefined || ready.status === 'Unknown') return say('has no verdict for its generation or request')
  if (!('sourceRef' in spec)) return undefined
  const kustomization = object as Kustomization
  const source = all.repositories.find(each => each.metadata.name === spec.sourceRef.name)
  const revision = source?.status?.artifact?.revision
  if (ready.reason === 'DependencyNotReady') return isFree(kustomization, all) ? say('may go on') : undefined
  if (ready.reason === 'ArtifactFailed')
    return revision === undefined || ready.message.includes('path not found') ? undefined : say('has a source by now')
  return kustomization.status?.lastAttemptedRevision === revision ? undefined : say(`is not at ${revision}`)
}

/** A repository whose host is gone has nothing left to do but to say so. */
export function unlessFailed({ kind, metadata, status }: Served): string | undefined {
  const isFailed = kind !== 'GitRepository' || findCondition(status?.conditions, 'Ready')?.status === 'False'
  return isFailed ? undefined : `${kind}/${metadata.name} has not failed yet`
}

/**
 * Resolves when every GitRepository and Kustomization of a namespace says that it is where it is going to be; or when `pending`
 * has nothing to say about any of them.
 */
export async function settled(
  user: KubeClient,
  namespace: string,
  pending: (object: Served, all: Namespace) => string | undefined = pendingIn,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let complaints: readonly string[] = ['nothing was seen yet']
  const look = () => {
    if (informers.some(({ state }) => state.phase === 'listing')) return
    const all = {
      repositories: repositories.list() as readonly GitRepository[],
      kustomizations: kustomizations.list() as readonly Kustomization[],
    }
    complaints = [...all.repositories, ...all.kustomizations].flatMap(each => pending(each, all) ?? [])
    if (complaints.length === 0) resolve()
  }
  const watch = (kind: (typeof FLUX_KINDS)[keyof typeof FLUX_KINDS]) =>
    watchResource(user, kind, { namespace, onChange: () => queueMicrotask(look), onState: () => queueMicrotask(look) })
  const [repositories, kustomizations] = [watch(FLUX_KINDS.GitRepository), watch(FLUX_KINDS.Kustomization)] as const
  const informers = [repositories, kustomizations]
  const timer = setTimeout(
    () => reject(new Error(`${namespace} did not settle: ${complaints.join(', ')}`)),
    DEADLINE_MS,
  )
  try {
    await promise
  } finally {
    clearTimeout(timer)
    for (const informer of informers) informer.close()
  }
}
