import { isDeepStrictEqual } from 'node:util'
import { type GitRepository, gitRepositoryKind } from '../api/git-repository.ts'
import { type Kustomization, kustomizationKind } from '../api/kustomization.ts'
import type { KubeClient } from '../kube/client-types.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Clock, systemClock } from '../manifest/clock.ts'
import { formatRef, type KubeObject, refOf } from '../manifest/object.ts'
import { holds } from '../manifest/tree.ts'
import type { ArtifactStore } from '../source/artifact/artifact-store.ts'
import { artifactTreeMaker } from '../source/git/artifact-tree.ts'
import type { GitSource } from '../source/git/git-source.ts'
import { credentialsMaker } from '../source/git/secret-credentials.ts'
import { gatherConfigChanges } from './config-changes.ts'
import type { EngineContext, EngineSettings } from './context.ts'
import { createEventRecorder } from './event-recorder.ts'
import { createGitRepositoryController } from './git-repository/controller.ts'
import { workOnKustomization } from './kustomization/controller.ts'
import { dependenciesOf, keyOf } from './kustomization/dependencies.ts'
import type { ReportedDrift } from './kustomization/describe-drift.ts'
import { driftResponse } from './kustomization/drift-response.ts'
import { watchOtherDependencies } from './kustomization/other-dependencies.ts'
import { follows } from './kustomization/restarts.ts'
import { sourceKeyFor } from './kustomization/source.ts'
import { createTargets } from './kustomization/targets.ts'
import { createWaitingList } from './kustomization/waiting-list.ts'
import { emptyWorkspace, type Workspace } from './kustomization/workspace.ts'
import { type LiveChange, watchLiveObjects } from './live-objects.ts'
import { removeLock } from './lock/keep-lock.ts'
import type { Logger } from './log.ts'
import { watchReferences } from './references.ts'
import { createRevertLimiter } from './revert-limiter.ts'
import { type Again, createRunner, type Run } from './runner.ts'
import { followSource, foreignInputsOf, shardOf } from './shard.ts'
import { createSources } from './sources.ts'
import { observed, type WorkObserver } from './work-observer.ts'
import { openCloud } from './workload.ts'

export interface EngineOptions {
  readonly cluster: KubeClient
  readonly git: GitSource
  readonly artifacts: ArtifactStore
  readonly ledger: Ledger
  readonly log: Logger
  readonly settings: EngineSettings
  readonly clock?: Clock
  readonly random?: () => number
  /** Told about each run, for metrics. */
  readonly observer?: WorkObserver
}

/** A running engine. */
export interface Engine {
  /** Looks at a repository's remote now: somebody has pushed to it. `url` as in the spec. */
  pushed(url: string): void
  /** Resolves when nothing is running, nothing waits for its turn, and every event is written. */
  idle(): Promise<void>
  /** Resolves when nothing is being worked on; what waits for health or for a remote goes on waiting. */
  quiet(): Promise<void>
  /** The objects that are served here, and the keys `Kind/namespace/name` that wait for their turn. */
  inspect(): { readonly objects: readonly KubeObject[]; readonly queued: readonly string[] }
  /**
   * Starts nothing more, finishes what is in flight within `graceMs`, waits for nothing, and lets go of everything but the
   * ledger.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
}

const PATIENCE_MS = 30_000

/** What of an object makes a new run necessary; its status is not among it. */
function inputsOf({ metadata }: KubeObject): unknown {
  const { annotations = {}, deletionTimestamp, generation, uid } = metadata
  const relevant = Object.entries(annotations).filter(([key]) => /^(reconcile\.fluxcd\.io|lockstep\.dev)\//.test(key))
  return [uid, generation, deletionTimestamp, Object.fromEntries(relevant)]
}

/** What of a Kustomization those who depend on it look at. */
function readinessOf(object: KubeObject | undefined): unknown {
  const { spec, status } = (object ?? {}) as Partial<Kustomization>
  const ready = status?.conditions?.find(each => each.type === 'Ready')?.status
  return [ready, status?.lastAppliedRevision, status?.observedGeneration, spec?.suspend]
}

/**
 * Starts the reconcile graph on a cluster. A change of a source, a spec, a ConfigMap or Secret that is referred to, a
 * dependency, or a live object wakes exactly what depends on it; beyond that each object is looked at once per interval.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const {
    cluster,
    git,
    artifacts,
    ledger,
    log,
    settings,
    clock = systemClock,
    random = Math.random,
    observer,
  } = options
  const onEventError = (error: unknown) => log.error('event could not be written', error)
  const onLockError = (error: unknown) => log.error('lock could not be taken away', error)
  const recorder = (component: string) =>
    createEventRecorder({ cluster, component, clock, onError: onEventError, leisure: () => runner.leisure() })
  const { watchNamespace, watchLabelSelector } = settings
  const objects = watchLiveObjects({
    cluster,
    clock,
    patienceMs: PATIENCE_MS,
    ...(watchNamespace !== undefined && { namespace: watchNamespace }),
  })
  const isServed = shardOf(watchLabelSelector)
  const references = watchReferences({ cluster, onChange: reader => runner.trigger(reader, { preempt: true }) })
  const sources = createSources(wakeConsumers, wakeHeldBack)
  const reverts = createRevertLimiter(clock)
  const cloud = openCloud(cluster, clock)
  const context: EngineContext = {
    cloud,
    reverts,
    settings,
    cluster,
    objects,
    references,
    sources,
    git,
    credentials: credentialsMaker(() => clock.now()),
    artifactTree: artifactTreeMaker(),
    artifacts,
    ledger,
    clock,
    random,
    log,
    events: { source: recorder('source-controller'), kustomize: recorder('kustomize-controller') },
  }
  const repositories = createGitRepositoryController(context, key => runner.trigger(key))
  const workspaces = new Map<string, Workspace>()
  const waiting = createWaitingList()
  const { defaultServiceAccount, defaultKubeconfigServiceAccount } = settings
  const targets = createTargets({
    cluster,
    references,
    cloud,
    clock,
    defaultServiceAccount,
    defaultKubeconfigServiceAccount,
    onDrift: driftResponse({ context, find, trigger: owner => runner.trigger(owner) }),
    onConfig: gatherConfigChanges(clock, onConfigs).take,
    onLock: wake,
  })
  const dependencies = watchOtherDependencies(context, wake)
  /** The inputs that each object was last woken for. */
  const woken = new Map<string, unknown>()

  const runner = createRunner({
    concurrency: settings.concurrency,
    clock,
    random,
    work: observer === undefined ? work : observed(work, observer),
    ...(observer !== undefined && { onQueued: observer.queued }),
    ...(settings.retryDelay !== undefined && { retryDelay: settings.retryDelay }),
    onError: (key, error) => log.error('reconciliation ended with an exception', error, { key }),
  })

  function kustomizations(): readonly Kustomization[] {
    return (objects.list(kustomizationKind) as readonly Kustomization[]).filter(isServed)
  }

  /** Who was applied from another revision than the one that was restored at the start, or has more than belongs to it. */
  function wakeHeldBack(source: string): void {
    const revision = sources.get(source)?.revision
    for (const each of kustomizations()) {
      const isHeldBack =
        each.status?.lastAttemptedRevision !== revision || workspaces.get(keyOf(each))?.waitsForSource === true
      if (sourceKeyFor(each) === source && isHeldBack) runner.trigger(formatRef(refOf(each)))
    }
  }

  function wakeConsumers(source: string): void {
    const tree = sources.get(source)?.tree
    for (const each of kustomizations()) {
      if (sourceKeyFor(each) !== source) continue
      // What a commit does not touch has nothing but its revision to move on, which is not what anybody waits for.
      const memo = workspaces.get(keyOf(each))?.memo
      const isTouched = memo === undefined || tree === undefined || !holds(memo.rendered.reads, tree)
      runner.trigger(formatRef(refOf(each)), { preempt: true, lane: isTouched ? 'now' : 'later' })
    }
    for (const each of objects.list(gitRepositoryKind) as readonly GitRepository[]) {
      const included = (each.spec.include ?? []).map(
        ({ repository }) => `GitRepository/${each.metadata.namespace}/${repository.name}`,
      )
      if (included.includes(source)) runner.trigger(formatRef(refOf(each)))
    }
  }

  /** An expression may look at anything of both, where otherwise only their readiness counts. */
  function wakeDependents(changed: Kustomization, previous: KubeObject | undefined): void {
    const key = keyOf(changed)
    const dependents = waiting.dependentsOf(key)
    if (dependents.length === 0) return
    const isReadinessSame = isDeepStrictEqual(readinessOf(previous), readinessOf(changed))
    for (const dependent of dependents) {
      const each = find(dependent)
      if (each === undefined) continue
      const named = dependenciesOf(each).filter(dependency => dependency.key === key)
      const isConcerned = named.some(({ readyExpr }) => readyExpr !== undefined || !isReadinessSame)
      if (isConcerned) runner.trigger(formatRef(refOf(each)))
    }
  }

  /** Runs the Kustomization `namespace/name`, if there is one. */
  function wake(key: string): void {
    const kustomization = find(key)
    if (kustomization !== undefined) runner.trigger(formatRef(refOf(kustomization)))
  }

  function onConfigs(configs: readonly KubeObject[]): void {
    for (const [key, workspace] of workspaces) if (configs.some(each => follows(workspace, each))) wake(key)
  }

  function forget(kustomization: Kustomization): void {
    const key = keyOf(kustomization)
    workspaces.delete(key)
    waiting.remove(key)
    dependencies.forget(key)
    removeLock(kustomization, targets).catch(onLockError)
  }

  function onChange({ type, object, previous }: LiveChange): void {
    const key = formatRef(refOf(object))
    const isKustomization = object.kind === kustomizationKind.kind
    if (isKustomization) wakeDependents(object as Kustomization, previous)
    if (type === 'gone') {
      woken.delete(key)
      if (isKustomization) forget(object as Kustomization)
      else repositories.forget(key)
      runner.forget(key)
      observer?.forget(key)
      return
    }
    if (!isServed(object)) {
      onForeignChange(object, isKustomization)
      return
    }
    const inputs = inputsOf(object)
    if (isDeepStrictEqual(woken.get(key), inputs)) return
    woken.set(key, inputs)
    runner.trigger(key, { preempt: true })
  }

  /** A source of another shard is followed for what is served here; its own shard reports on it. */
  function onForeignChange(object: KubeObject, isKustomization: boolean): void {
    const key = formatRef(refOf(object))
    const inputs = foreignInputsOf(object)
    if (isKustomization || isDeepStrictEqual(woken.get(key), inputs)) return
    woken.set(key, inputs)
    runner.trigger(key, { preempt: true })
  }

  async function work(key: string, run: Run): Promise<Again> {
    const [kind = '', namespace = '', name = ''] = key.split('/')
    const gvk = kind === gitRepositoryKind.kind ? gitRepositoryKind : kustomizationKind
    const object = objects.get({ ...gvk, namespace, name })
    if (object === undefined) return {}
    if (!isServed(object)) return await followSource(object, run, context)
    if (kind === gitRepositoryKind.kind) return await repositories.work(object as GitRepository, run)
    return await workOnKustomization(object as Kustomization, run, {
      context,
      targets,
      workspaceOf,
      waiting,
      dependencies,
      find,
    })
  }

  function find(key: string): Kustomization | undefined {
    const [namespace = '', name = ''] = key.split('/')
    return objects.get({ ...kustomizationKind, namespace, name }) as Kustomization | undefined
  }

  function workspaceOf(kustomization: Kustomization): Workspace {
    const key = keyOf(kustomization)
    const onDrift = (drifts: readonly ReportedDrift[]) => observer?.drifted(formatRef(refOf(kustomization)), drifts)
    const workspace = workspaces.get(key) ?? { ...emptyWorkspace(kustomization), onRender: observer?.rendered, onDrift }
    workspaces.set(key, workspace)
    return workspace
  }

  objects.subscribe(onChange)
  await objects.ready([gitRepositoryKind, kustomizationKind])
  return {
    pushed(url) {
      for (const each of objects.list(gitRepositoryKind) as readonly GitRepository[]) {
        if (each.spec.url !== url) continue
        const key = formatRef(refOf(each))
        repositories.announce(key)
        runner.trigger(key)
      }
    },
    async idle() {
      await runner.idle()
      await Promise.all([context.events.source.flush(), context.events.kustomize.flush()])
    },
    quiet: () => runner.quiet(),
    inspect: () => ({
      objects: [...objects.list(gitRepositoryKind).filter(isServed), ...kustomizations()],
      queued: runner.queued(),
    }),
    async stop(grace) {
      await runner.stop(grace)
      await Promise.all([context.events.source.flush(), context.events.kustomize.flush()])
      references.close()
      dependencies.close()
      objects.close()
      await targets.close()
    },
  }
}
