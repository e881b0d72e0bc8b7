import { isReady } from '../../api/condition.ts'
import { formatDuration } from '../../api/duration.ts'
import { failuresOf, inventoryAfter } from '../../apply/applied.ts'
import { entriesOf, isQuiet } from '../../plan/change-set.ts'
import { plan } from '../../plan/plan.ts'
import { isRequested } from '../request.ts'
import { build } from './build.ts'
import { checkHealth } from './check-health.ts'
import { reportDrift } from './drift-report.ts'
import { execute, learnUnchanged } from './execute.ts'
import { holdBack } from './hold-back.ts'
import { liveViewOf } from './live-view.ts'
import type { Failed, Inventory, Outcome } from './outcome.ts'
import { policyOf } from './policy.ts'
import { describeProblems, hasErrors, placeOf } from './problems.ts'
import { forgetProvenance } from './render.ts'
import { withRestarts } from './restarts.ts'
import { release } from './strays.ts'
import type { Failure, Work } from './work.ts'

/**
 * One attempt to bring a Kustomization to its source's state. Gives undefined where newer input has overtaken it, and
 * where there is nothing to tell: the same revision and spec, nothing to do, nobody asked.
 */
export async function attempt(work: Work): Promise<Outcome | undefined> {
  const { kustomization, source, run, context } = work
  const { revision } = source
  const started = context.clock.elapsed()
  const durationMs = () => context.clock.elapsed() - started
  const fail = (failure: Failure): Failed => ({ kind: 'failed', revision, durationMs: durationMs(), ...failure })

  const built = await build(work)
  if ('reason' in built) return fail(built)
  const rendered = await withRestarts(built, kustomization, work.target, work.workspace)
  if ('reason' in rendered) return fail(rendered)
  const policy = await policyOf(work, rendered, context.clock.now())
  if ('kind' in policy) return policy
  const planned = plan(rendered, liveViewOf(work.target), policy)
  if (hasErrors(planned.diagnostics)) {
    const message = describeProblems(planned.diagnostics, source)
    return fail({ phase: 'applying', reason: 'ReconciliationFailed', message, digest: rendered.digest })
  }
  // What seems to be too much may have come with a newer revision, before the engine was killed.
  work.workspace.waitsForSource = source.isRestored === true && planned.prune.some(({ action }) => action === 'prune')
  if (work.workspace.waitsForSource) return undefined
  const changes = isRequested(kustomization) ? planned : holdBack(planned, work)
  const quiet = isQuiet(changes)
  if (quiet && !hasNews(work)) {
    learnUnchanged(work, changes)
    forgetProvenance(work.workspace)
    await reportDrift(work, entriesOf(changes))
    return undefined
  }
  if (run.signal.aborted) return undefined

  const executed = await execute(work, changes, policy)
  const inventory: Inventory = inventoryAfter(changes, executed, kustomization.status?.inventory?.entries ?? [])
  release(kustomization, policy.inventory, inventory, work.workspace.strays, work.target)
  const failures = failuresOf(executed)
  if (failures.length > 0) {
    const applyFailed = executed.some(({ outcome, entry }) => outcome === 'failed' && entry.action !== 'prune')
    const reason = applyFailed ? 'ReconciliationFailed' : 'PruneFailed'
    const message = failures.map(failure => `${failure.message}${placeOf(failure.diagnostic)}`).join('\n')
    return fail({ phase: 'applying', reason, message, digest: rendered.digest, inventory })
  }

  await reportDrift(
    work,
    executed.map(({ entry }) => entry),
  )
  const health = await checkHealth(work, changes, inventory, quiet)
  if (health?.kind === 'cancelled') return undefined
  if (health?.kind === 'unhealthy') {
    const message = `health check failed after ${formatDuration(health.durationMs)}: ${health.summary}`
    const { digest } = rendered
    return fail({ phase: 'checking', reason: 'HealthCheckFailed', message, health: health.summary, digest, inventory })
  }
  forgetProvenance(work.workspace)
  const healthy = health === undefined ? {} : { health: healthMessage(work, health.durationMs, quiet) }
  return {
    kind: 'succeeded',
    revision,
    digest: rendered.digest,
    inventory,
    durationMs: durationMs(),
    quiet: quiet && !isWorthAnEvent(work),
    ...healthy,
  }
}

/** A health that was there already keeps its words, so that nothing is written for them. */
function healthMessage({ kustomization }: Work, durationMs: number, quiet: boolean): string {
  const known = kustomization.status?.conditions?.find(each => each.type === 'Healthy' && each.status === 'True')
  return quiet && known !== undefined ? known.message : `Health check passed in ${formatDuration(durationMs)}`
}

/** Whether somebody waits to hear of a run without changes: the first one, one that mends, or another revision that was asked for. */
function isWorthAnEvent({ kustomization, source }: Work): boolean {
  const { status } = kustomization
  if (status?.lastAppliedRevision === undefined || !isReady(kustomization)) return true
  return isRequested(kustomization) && status.lastAppliedRevision !== source.revision
}

/** Whether a run without changes has something to tell: another revision or generation, a request, or a past failure. */
function hasNews({ kustomization, source }: Work): boolean {
  const isOther = kustomization.status?.lastAppliedRevision !== source.revision
  return isRequested(kustomization) || isOther || !isReady(kustomization)
}
