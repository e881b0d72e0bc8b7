import { ApiError } from '../kube/cluster.ts'
import type { ChangeEntry } from '../plan/change-set.ts'
import { outcomeOf } from '../plan/describe.ts'
import { planDeletion } from '../plan/plan.ts'
import type { Applied } from './applied.ts'
import { failed } from './apply-entry.ts'
import { type ApplyContext, signalOf } from './context.ts'
import { runPool } from './pool.ts'

/**
 * Deletes objects in the given order, in the background, only the very object that was planned for. What is already gone
 * counts as deleted, as Flux reports it.
 */
export async function* prune(entries: readonly ChangeEntry[], context: ApplyContext): AsyncIterable<Applied> {
  for (const result of runPool(entries, context.options.concurrency ?? 8, entry => deleteEntry(entry, context)))
    yield await result
}

async function deleteEntry(entry: ChangeEntry, context: ApplyContext): Promise<Applied> {
  const resolved = await resolveDeletion(entry, context)
  if ('outcome' in resolved) return resolved
  const { ref, action, cause, live } = resolved
  if (action !== 'prune' || cause === 'gone') return { ref, outcome: outcomeOf(action), entry: resolved }
  const preconditions = live === undefined || live.uid === '' ? {} : { preconditions: { uid: live.uid } }
  try {
    await context.cluster.delete(ref, { propagation: 'Background', ...preconditions, ...signalOf(context) })
    return { ref, outcome: 'deleted', entry: resolved }
  } catch (error) {
    if (isGone(error)) return { ref, outcome: 'deleted', entry: resolved }
    // Another object of the same name came in the meantime; it is not ours.
    if (error instanceof ApiError && error.code === 409)
      return { ref, outcome: 'skipped', entry: { ...resolved, action: 'skip', cause: 'foreign' } }
    return failed(error, resolved, 'delete', context)
  }
}

async function resolveDeletion(entry: ChangeEntry, context: ApplyContext): Promise<ChangeEntry | Applied> {
  if (entry.cause !== 'unknown-state') return entry
  try {
    const object = await context.cluster.get(entry.ref, signalOf(context))
    const live = object === undefined ? ({ state: 'absent' } as const) : ({ state: 'object', object } as const)
    return planDeletion(entry.ref, live, context.changes.owner, 'removed-from-source')
  } catch (error) {
    // A kind that is gone took its objects along.
    if (isGone(error)) return { ...entry, cause: 'gone' }
    return failed(error, entry, 'query', context)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404
}
