import { ApiError, type ApplyOptions } from '../kube/cluster.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { Sourced } from '../manifest/rendered.ts'
import type { ChangeEntry } from '../plan/change-set.ts'
import { managersToReplace } from '../plan/clean-up.ts'
import { type Outcome, outcomeOf } from '../plan/describe.ts'
import { contentDigest } from '../plan/drift.ts'
import { planObject } from '../plan/plan.ts'
import type { Applied } from './applied.ts'
import { type ApplyContext, signalOf } from './context.ts'
import { failureOf, type Phase } from './failure.ts'
import { mayBeImmutable, saysImmutable } from './immutable.ts'

/** Whether an entry needs a write. */
export function isWrite({ action }: ChangeEntry): boolean {
  return action === 'create' || action === 'configure' || action === 'recreate'
}

/** An entry of unknown state, planned again after a look at the live object; all others as they are. */
export async function resolveEntry(entry: ChangeEntry, context: ApplyContext): Promise<ChangeEntry | Applied> {
  const { desired, ref } = entry
  if (entry.cause !== 'unknown-state' || desired === undefined) return entry
  const { policy } = context.options
  try {
    const object = await context.cluster.get(ref, signalOf(context))
    const live = object === undefined ? ({ state: 'absent' } as const) : ({ state: 'object', object } as const)
    const rules = managersToReplace(policy.manager, policy.overrideManagers)
    return planObject(sourcedOf(entry, desired), live, policy, rules)
  } catch (error) {
    // Who may write but not read gets the server's own refusal from the write.
    if (error instanceof ApiError && error.reason === 'Forbidden') return { ...entry, cause: 'not-owned' }
    return failed(error, entry, 'validate', context)
  }
}

/** An object with what its entry knows of where it comes from. */
export function sourcedOf({ explain, origin }: ChangeEntry, object: KubeObject): Sourced {
  return { object, ...(origin !== undefined && { origin }), ...(explain !== undefined && { explain }) }
}

/** Asks the server whether it would take the object, without changing anything. */
export async function validateEntry(entry: ChangeEntry, context: ApplyContext): Promise<Applied | undefined> {
  try {
    await sendApply(entry.desired!, context, true)
    return undefined
  } catch (error) {
    if (await canRecreate(error, entry, context)) return undefined
    return failed(error, entry, 'validate', context)
  }
}

/**
 * Brings one object to its state. The answer's resource version tells whether anything changed, so that no dry run is needed
 * for that. `validated`: a dry run has passed, so that an error is not the object's fault.
 */
export async function applyEntry(entry: ChangeEntry, context: ApplyContext, validated = false): Promise<Applied> {
  const { ref, desired } = entry
  if (!isWrite(entry) || desired === undefined) return { ref, outcome: outcomeOf(entry.action), entry }
  let phase: Phase = 'clean-up'
  try {
    if (entry.cleanUp !== undefined) await cleanUp(entry, context)
    phase = validated ? 'apply' : 'validate'
    const object = await sendApply(desired, context, false)
    return { ref, outcome: outcomeFor(entry, object), entry, object }
  } catch (error) {
    if (phase !== 'clean-up' && (await canRecreate(error, entry, context))) return recreate(entry, context)
    return failed(error, entry, phase, context)
  }
}

/** A status that a controller wrote in the meantime is no change of ours: then the content decides. */
function outcomeFor({ action, live, cleanUp: patch }: ChangeEntry, object: KubeObject): Outcome {
  if (action === 'create') return 'created'
  if (live === undefined || patch !== undefined) return 'configured'
  const same = live.resourceVersion === object.metadata.resourceVersion || live.content === contentDigest(object)
  return same ? 'unchanged' : 'configured'
}

async function sendApply(object: KubeObject, context: ApplyContext, dryRun: boolean): Promise<KubeObject> {
  const options = writeOptions(context, dryRun)
  try {
    return await context.cluster.apply(object, options)
  } catch (error) {
    // Somebody wrote at the same moment; the second attempt works on the newer version.
    if (!isOutdated(error)) throw error
    return context.cluster.apply(object, options)
  }
}

/** Options of every apply of a run. */
export function writeOptions(context: ApplyContext, dryRun: boolean): ApplyOptions {
  return { fieldManager: context.options.policy.manager, force: true, dryRun, ...signalOf(context) }
}

/** Whether a write was refused for the version of the object that it was made for. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'Conflict' && /object has been modified/.test(error.message)
}

async function cleanUp({ ref, cleanUp: patch = [] }: ChangeEntry, context: ApplyContext): Promise<void> {
  const operations = patch.map(({ op, path, value }) => (value === undefined ? { op, path } : { op, path, value }))
  const fieldManager = context.options.policy.manager
  await context.cluster.patch(ref, operations, { type: 'json', fieldManager, ...signalOf(context) })
}

/**
 * Whether an error is to be answered by deleting the object. An error that does not say "immutable" is believed only when the
 * same object under another name would be accepted: nothing is deleted that could not be created again.
 */
async function canRecreate(error: unknown, entry: ChangeEntry, context: ApplyContext): Promise<boolean> {
  if (!entry.force || entry.action === 'create' || !(error instanceof ApiError)) return false
  if (saysImmutable(error)) return true
  if (!mayBeImmutable(error)) return false
  const { desired } = entry
  if (desired === undefined) return false
  const name = `${desired.metadata.name.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-recreate`
  try {
    await sendApply({ ...desired, metadata: { ...desired.metadata, name } }, context, true)
    return true
  } catch {
    return false
  }
}

async function recreate(entry: ChangeEntry, context: ApplyContext): Promise<Applied> {
  const { ref, desired } = entry
  const { cluster, options } = context
  let phase: Phase = 'recreate'
  try {
    const uid = entry.live?.uid ?? (await cluster.get(ref, signalOf(context)))?.metadata.uid
    if (uid !== undefined) {
      await cluster.delete(ref, { propagation: 'Background', preconditions: { uid }, ...signalOf(context) })
      await options.awaitGone(ref, uid, options.signal)
    }
    phase = 'validate'
    const object = await sendApply(desired!, context, false)
    return { ref, outcome: 'created', entry: { ...entry, action: 'recreate' }, object }
  } catch (error) {
    return failed(error, entry, phase, context)
  }
}

export function failed(error: unknown, entry: ChangeEntry, phase: Phase, context: ApplyContext): Applied {
  const { changes, options } = context
  const hints = options.knownKinds === undefined ? { changes } : { changes, knownKinds: options.knownKinds }
  return { ref: entry.ref, outcome: 'failed', entry, failure: failureOf(error, entry, phase, hints) }
}
