import type { Kustomization } from '../../api/kustomization.ts'
import { type Applied, failuresOf } from '../../apply/applied.ts'
import { prune } from '../../apply/prune.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import { describeOutcome } from '../../plan/describe.ts'
import { finalization } from '../../plan/finalization.ts'
import { inventoryRefs } from '../../plan/inventory.ts'
import type { EngineContext } from '../context.ts'
import { hasFinalizer, removeFinalizer } from '../finalizer.ts'
import { about } from '../log.ts'
import type { Again, Run } from '../runner.ts'
import { awaitGone } from './await-gone.ts'
import { APPLY_MANAGER } from './expectations.ts'
import { liveViewOf } from './live-view.ts'
import { ownerOf } from './owner.ts'
import { KUSTOMIZE_MANAGER, note } from './report.ts'
import { ownedBy } from './strays.ts'
import { retryIntervalOf, timeoutOf } from './timing.ts'
import type { Target, Workspace } from './workspace.ts'

/** The deletions of a Kustomization's end, and waiting for them where its policy says so. */
async function deleteObjects(
  kustomization: Kustomization,
  { strays }: Workspace,
  target: Target,
  run: Run,
  context: EngineContext,
) {
  const { spec } = kustomization
  const owner = ownerOf(kustomization)
  const inventory = ownedBy(kustomization, strays, target)
  const { deletionPolicy = 'MirrorPrune', suspend = false } = spec
  const plan = finalization({ ...owner, suspend, prune: spec.prune, deletionPolicy, inventory }, liveViewOf(target))
  const timeoutMs = timeoutOf(spec)
  const results: Applied[] = []
  const deleting = prune(plan.prune, {
    changes: { owner, stages: [], prune: plan.prune, inventory, diagnostics: [] },
    cluster: target.actor,
    options: {
      policy: { owner, manager: APPLY_MANAGER, prune: true, force: false, inventory },
      awaitCurrent: async () => undefined,
      awaitGone: async () => {},
      signal: run.signal,
    },
  })
  for await (const result of deleting) results.push(result)
  // Nobody minds any more what becomes of those that stay.
  const self = formatRef(refOf(kustomization))
  for (const ref of inventoryRefs(inventory)) target.expectations.forget(self, ref)
  if (plan.wait) {
    const gone = results.flatMap(({ ref, entry, outcome }) =>
      outcome !== 'deleted' || entry.live === undefined ? [] : [{ ref, uid: entry.live.uid }],
    )
    await run.yieldSlot(
      Promise.all(
        gone.map(({ ref, uid }) => awaitGone(ref, uid, target.observer, context.clock, timeoutMs, run.signal)),
      ),
    )
  }
  return results
}

/**
 * Ends a Kustomization that is being deleted: its objects go or stay by `deletionPolicy`, then its finalizer. Objects whose
 * deletion failed keep it; it is tried again.
 */
export async function finalize(
  kustomization: Kustomization,
  workspace: Workspace,
  target: Target | undefined,
  run: Run,
  context: EngineContext,
): Promise<Again> {
  if (!hasFinalizer(kustomization)) return {}
  const revision = kustomization.status?.lastAppliedRevision ?? ''
  if (target !== undefined) {
    const results = await deleteObjects(kustomization, workspace, target, run, context)
    const failures = failuresOf(results)
    if (failures.length > 0 && run.signal.aborted) return {}
    if (failures.length > 0) {
      const message = failures.map(failure => failure.message).join('\n')
      context.events.kustomize.record(kustomization, { type: 'Warning', reason: 'PruneFailed', message })
      context.log.error('finalizing failed', message, about(kustomization))
      return { afterMs: retryIntervalOf(kustomization.spec) }
    }
    // Also what was left alone, because it is somebody else's by now.
    const told = results.flatMap(({ ref, outcome }) =>
      outcome === 'deleted' || outcome === 'skipped' ? [describeOutcome(ref, outcome)] : [],
    )
    if (told.length > 0) note(kustomization, 'ReconciliationSucceeded', told.join('\n'), revision, context)
  }
  context.ledger.append([
    {
      kind: 'reconcile.finalized',
      at: new Date(context.clock.now()).toISOString(),
      cluster: context.settings.clusterName,
      subject: formatRef(refOf(kustomization)),
      outcome: 'ok',
    },
  ])
  await removeFinalizer(context.cluster, kustomization, KUSTOMIZE_MANAGER)
  return {}
}
