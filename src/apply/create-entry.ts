import type { ChangeEntry } from '../plan/change-set.ts'
import { planObject } from '../plan/plan.ts'
import type { Applied } from './applied.ts'
import { failed, isOutdated, resolveEntry, sourcedOf, writeOptions } from './apply-entry.ts'
import { type ApplyContext, signalOf } from './context.ts'
import { isReversible } from './waves.ts'

/** A version that no object has; an apply with it creates, and conflicts with whatever is there. */
const NO_VERSION = '1'

/**
 * An entry of unknown state as if its object were not there, where trying to create it tells that as well (`createEntry`);
 * undefined where somebody has to look first.
 */
export function supposeAbsent(entry: ChangeEntry, { options: { policy } }: ApplyContext): ChangeEntry | undefined {
  if (entry.cause !== 'unknown-state' || entry.live !== undefined || entry.desired === undefined) return undefined
  const planned = planObject(sourcedOf(entry, entry.desired), { state: 'absent' }, policy, [])
  return isReversible(planned) ? planned : undefined
}

/** Creates an object that nothing is known of; gives the entry as planned for the object that is there instead, if one is. */
export async function createEntry(entry: ChangeEntry, context: ApplyContext): Promise<Applied | ChangeEntry> {
  const { ref, desired } = entry
  if (desired === undefined) return entry
  try {
    const metadata = { ...desired.metadata, resourceVersion: NO_VERSION }
    const object = await context.cluster.apply({ ...desired, metadata }, writeOptions(context, false))
    return { ref, outcome: 'created', entry, object }
  } catch (error) {
    return isOutdated(error) ? await present(entry, context) : failed(error, entry, 'validate', context)
  }
}

async function present(entry: ChangeEntry, context: ApplyContext): Promise<Applied | ChangeEntry> {
  const planned = await resolveEntry({ ...entry, action: 'configure', cause: 'unknown-state' }, context)
  if ('outcome' in planned || planned.action !== 'unchanged') return planned
  // It was created by us, and the answer got lost; whoever keeps an eye on it has to know what is there.
  const { ref } = planned
  const object = await context.cluster.get(ref, signalOf(context)).catch(() => undefined)
  return { ref, outcome: 'unchanged', entry: planned, ...(object !== undefined && { object }) }
}
