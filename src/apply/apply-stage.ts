import { refKey } from '../manifest/object.ts'
import type { ChangeEntry } from '../plan/change-set.ts'
import type { Applied } from './applied.ts'
import { applyEntry, failed, isWrite, resolveEntry, validateEntry } from './apply-entry.ts'
import { type ApplyContext, signalOf } from './context.ts'
import { createEntry, supposeAbsent } from './create-entry.ts'
import { runPool } from './pool.ts'
import { isAccepted, isReversible, wavesOf } from './waves.ts'

/** Executes the entries of a stage, each on its own: one that is refused does not hold the others back. */
export async function* applyEach(entries: readonly ChangeEntry[], context: ApplyContext): AsyncIterable<Applied> {
  for (const wave of wavesOf(entries)) {
    const results = runPool(wave, limitOf(context), async entry => {
      const resolved = supposeAbsent(entry, context) ?? (await resolveEntry(entry, context))
      const tried = !('outcome' in resolved) && isReversible(resolved) ? await createEntry(resolved, context) : resolved
      return 'outcome' in tried ? tried : applyEntry(tried, context)
    })
    for (const result of results) yield await result
  }
}

/**
 * Executes the entries of a stage as one: when an object is refused, nothing of the stage stays applied, and the problems of
 * all its objects are reported together. Creations are tried for real, because they can be taken back; what cannot be taken
 * back is tried with a dry run first, unless it is the only change. A stage without trouble so costs one request per change.
 * After a refusal everything is tried with a dry run first.
 */
export async function* applyTogether(entries: readonly ChangeEntry[], context: ApplyContext): AsyncIterable<Applied> {
  const careful = context.options.careful === true
  const looks = runPool(
    entries,
    limitOf(context),
    async entry => (careful ? undefined : supposeAbsent(entry, context)) ?? resolveEntry(entry, context),
  )
  const resolved = await Promise.all(looks)
  const planned = resolved.map((item, index): ChangeEntry => ('outcome' in item ? entries[index]! : item))
  const unreadable = resolved.filter(item => 'outcome' in item)
  const writes = planned.filter(entry => isWrite(entry) && entry.cause !== 'unknown-state')
  const revocable = writes.filter(isReversible)
  const irrevocable = writes.filter(entry => !isReversible(entry))

  const doubtful = writes.filter(entry => !isAccepted(entry))
  const unsafe = (careful ? writes : irrevocable).filter(entry => !isAccepted(entry))
  const checked = doubtful.length > 1 || unreadable.length > 0 ? unsafe : []
  const refused = [...unreadable, ...(await validateAll(checked, context))]
  if (refused.length > 0) {
    const unchecked = revocable.filter(entry => !checked.includes(entry))
    yield* inOrder(planned, [...refused, ...(await validateAll(unchecked, context))], [])
    return
  }
  const tried = await createUntilFailure(revocable, context)
  const created = [...tried.values()].filter(item => 'outcome' in item)
  // Nobody had seen these before; what is to be done about them cannot be taken back either.
  const present = [...tried.values()].filter(isEntry)
  const settled = planned.map(entry => {
    const item = tried.get(entry)
    return item !== undefined && isEntry(item) ? item : entry
  })
  const found = present.filter(isWrite)
  const foundChecked = doubtful.length > 1 ? found.filter(entry => !isAccepted(entry)) : []
  const failures = [
    ...created.filter(({ outcome }) => outcome === 'failed'),
    ...(await validateAll(foundChecked, context)),
  ]
  if (failures.length > 0) {
    yield* inOrder(settled, failures, failures.some(isRefusal) ? await rollBack(created, context) : created)
    return
  }
  const rest: Applied[] = []
  const valid = new Set([...checked, ...foundChecked])
  for (const wave of wavesOf([...irrevocable, ...found]))
    rest.push(
      ...(await Promise.all(runPool(wave, limitOf(context), entry => applyEntry(entry, context, valid.has(entry))))),
    )
  yield* inOrder(settled, [], [...created, ...rest])
}

function isEntry(item: Applied | ChangeEntry): item is ChangeEntry {
  return !('outcome' in item)
}

/** A 500 that is an answer about the object rather than a state of the server. */
const ABOUT_THE_OBJECT = /failed calling webhook|failed to create typed patch/

/**
 * Whether an object will not be taken as it is. A server that is in trouble has said nothing about it, and the next attempt
 * goes on from what is there by then: nothing that the source holds is deleted for that.
 */
function isRefusal({ failure }: Applied): boolean {
  const { code = 0, message = '' } = failure ?? {}
  return (code >= 400 && code < 500 && code !== 429) || ABOUT_THE_OBJECT.test(message)
}

/** The results in the order of the entries; entries without one were left as they are. */
function* inOrder(
  entries: readonly ChangeEntry[],
  failures: readonly Applied[],
  results: readonly Applied[],
): Iterable<Applied> {
  const known = new Map([...results, ...failures].map(result => [refKey(result.ref), result]))
  for (const entry of entries) {
    const outcome = isWrite(entry) ? 'held-back' : entry.action === 'unchanged' ? 'unchanged' : 'skipped'
    yield known.get(refKey(entry.ref)) ?? { ref: entry.ref, outcome, entry }
  }
}

async function validateAll(entries: readonly ChangeEntry[], context: ApplyContext): Promise<readonly Applied[]> {
  const results = await Promise.all(runPool(entries, limitOf(context), entry => validateEntry(entry, context)))
  return results.filter(result => result !== undefined)
}

/** What came of each creation: its result, or the entry as planned for the object that was there. */
type Tried = ReadonlyMap<ChangeEntry, Applied | ChangeEntry>

/** Creates in waves; after a failure the remaining objects are only validated, to report their problems as well. */
async function createUntilFailure(entries: readonly ChangeEntry[], context: ApplyContext): Promise<Tried> {
  const results = new Map<ChangeEntry, Applied | ChangeEntry>()
  let broken = false
  for (const wave of wavesOf(entries)) {
    const done = runPool(wave, limitOf(context), async (entry): Promise<void> => {
      if (broken) {
        results.set(entry, (await validateEntry(entry, context)) ?? { ref: entry.ref, outcome: 'held-back', entry })
        return
      }
      const result = await createEntry(entry, context)
      if ('outcome' in result && result.outcome === 'failed') broken = true
      results.set(entry, result)
    })
    await Promise.all(done)
  }
  return results
}

/** Deletes what was created in a stage that failed. */
async function rollBack(results: readonly Applied[], context: ApplyContext): Promise<readonly Applied[]> {
  return Promise.all(
    runPool(results, limitOf(context), async (result): Promise<Applied> => {
      const uid = result.object?.metadata.uid
      if (result.outcome !== 'created' || uid === undefined) return result
      try {
        await context.cluster.delete(result.ref, {
          propagation: 'Background',
          preconditions: { uid },
          ...signalOf(context),
        })
        return { ref: result.ref, outcome: 'rolled-back', entry: result.entry }
      } catch (error) {
        return {
          ...failed(error, result.entry, 'delete', context),
          ...(result.object === undefined ? {} : { object: result.object }),
        }
      }
    }),
  )
}

function limitOf({ options }: ApplyContext): number {
  return options.concurrency ?? 8
}
