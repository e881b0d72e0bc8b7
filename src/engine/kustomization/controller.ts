import type { Kustomization } from '../../api/kustomization.ts'
import { compileRules } from '../../health/rules.ts'
import type { EngineContext } from '../context.ts'
import { addFinalizer, hasFinalizer } from '../finalizer.ts'
import { keepLock, removeLock } from '../lock/keep-lock.ts'
import { about } from '../log.ts'
import type { Again, Run } from '../runner.ts'
import { jitter } from '../timing.ts'
import { attempt } from './attempt.ts'
import { keyOf, unmetDependency } from './dependencies.ts'
import { finalize } from './finalize.ts'
import type { OtherDependencies } from './other-dependencies.ts'
import { invalidExpression, type Outcome } from './outcome.ts'
import { ownerOf } from './owner.ts'
import { evaluateReady, invalidReadyExpression } from './ready-expression.ts'
import { KUSTOMIZE_MANAGER, report } from './report.ts'
import { resolveSource } from './source.ts'
import type { Targets } from './targets.ts'
import { intervalOf, retryIntervalOf } from './timing.ts'
import type { WaitingList } from './waiting-list.ts'
import type { Target, Workspace } from './workspace.ts'

/** A lock that was just changed may still refuse us by what it was before. */
const LOCK_MS = 2000

/** A wait that is over sooner than that is not worth a status: most are, while a revision goes through a chain. */
const GRACE_MS = 1000

/** What a controller of Kustomizations needs besides what all controllers share. */
export interface KustomizationDeps {
  readonly context: EngineContext
  /** What is kept in memory of each Kustomization. */
  readonly workspaceOf: (kustomization: Kustomization) => Workspace
  readonly waiting: WaitingList
  readonly targets: Targets
  readonly dependencies: OtherDependencies
  readonly find: (key: string) => Kustomization | undefined
}

function afterInterval({ spec }: Kustomization, { random, settings }: EngineContext): Again {
  return { afterMs: jitter(intervalOf(spec), random(), settings.intervalJitterPercentage) }
}

/** When to look at a Kustomization again without being asked to. What it waits for wakes it by itself. */
function nextRun(kustomization: Kustomization, outcome: Outcome, context: EngineContext): Again {
  switch (outcome.kind) {
    case 'stalled':
    case 'progressing':
      return {}
    case 'waiting':
    case 'succeeded':
      return afterInterval(kustomization, context)
    case 'failed':
      return { afterMs: retryIntervalOf(kustomization.spec) }
  }
}

/** Not later than after so many milliseconds, such as when the break-glass of a lock is over. */
function sooner(again: Again, ms: number | undefined): Again {
  return ms === undefined ? again : { afterMs: Math.min(again.afterMs ?? ms, ms) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Brings one Kustomization to where its source and spec want it: dependencies first, then render, plan, apply, prune and
 * wait (`attempt`), and at the end the report, whatever came of it.
 */
export async function workOnKustomization(found: Kustomization, run: Run, deps: KustomizationDeps): Promise<Again> {
  const { context, find, targets, waiting, workspaceOf } = deps
  const workspace = workspaceOf(found)
  if (found.metadata.deletionTimestamp !== undefined) {
    await removeLock(found, targets).catch(error =>
      context.log.error('lock could not be taken away', error, about(found)),
    )
    return await finalize(found, workspace, await targetOf(found), run, context)
  }
  const openMs = await keepLock(found, deps)
  const kustomization = hasFinalizer(found) ? found : await addFinalizer(context.cluster, found, KUSTOMIZE_MANAGER)
  context.objects.written(kustomization)
  if (found.spec.suspend === true) return sooner({}, openMs)

  const outcome = await reconcile()
  if (outcome?.kind === 'waiting') {
    const now = context.clock.elapsed()
    const waitedMs = now - waiting.add(found, now)
    if (waitedMs < GRACE_MS) return sooner({ afterMs: GRACE_MS - waitedMs }, openMs)
  } else {
    waiting.remove(keyOf(found))
  }
  if (outcome === undefined) return run.signal.aborted ? {} : sooner(afterInterval(kustomization, context), openMs)
  await report(kustomization, outcome, context)
  // What was just applied may have to be locked as well.
  const again = sooner(nextRun(kustomization, outcome, context), await keepLock(kustomization, deps))
  return outcome.kind === 'failed' && (await isSettling()) ? sooner(again, LOCK_MS) : again

  /** Undefined where newer input has made the run pointless, or there is nothing to tell yet, or nothing at all. */
  async function reconcile(): Promise<Outcome | undefined> {
    const rules = compileRules(kustomization.spec.healthCheckExprs ?? [], { jobsRunToCompletion: true })
    if (rules.error !== undefined) return invalidExpression(rules.error)
    const source = resolveSource(kustomization, context)
    if (source === undefined || 'kind' in source) return source
    const { revision } = source
    const invalid = invalidReadyExpression(kustomization)
    if (invalid !== undefined) return invalidExpression(invalid)
    const unmet = unmetDependency(kustomization, { get: find, evaluate: evaluateReady, revision })
    if (unmet !== undefined) return { kind: 'waiting', reason: 'DependencyNotReady', message: unmet, revision }
    const missing = await deps.dependencies.unmet(kustomization)
    if (missing !== undefined) return missing.kind === 'waiting' ? { ...missing, revision } : missing
    const target = await targets.of(kustomization).catch(messageOf)
    if (typeof target !== 'string')
      return await attempt({ kustomization, source, rules: rules.value, workspace, target, run, context })
    return {
      kind: 'failed',
      phase: 'building',
      reason: 'ReconciliationFailed',
      message: target,
      revision,
      durationMs: 0,
    }
  }

  /** Whether the API server may have refused us by a lock as it was before. */
  async function isSettling(): Promise<boolean> {
    const target = await targetOf(kustomization)
    return target?.locks.isSettling(ownerOf(kustomization)) === true
  }

  /** Undefined where the cluster cannot be reached any more: a Kustomization must be able to end all the same. */
  async function targetOf(kustomization: Kustomization): Promise<Target | undefined> {
    const target = await targets.of(kustomization).catch(messageOf)
    return typeof target === 'string' ? undefined : target
  }
}
