import { findCondition } from '../../api/condition.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { Applied } from '../../apply/applied.ts'
import { apply } from '../../apply/apply.ts'
import { formatRef, type ObjectRef, refKey, refOf } from '../../manifest/object.ts'
import type { ChangeSet } from '../../plan/change-set.ts'
import { describeOutcomes, type Outcome } from '../../plan/describe.ts'
import type { PlanPolicy } from '../../plan/plan.ts'
import { awaitGone } from './await-gone.ts'
import { type Drift, driftOf } from './drift.ts'
import { waitForHealth } from './health-wait.ts'
import { observe } from './observation.ts'
import { recordChanges } from './record.ts'
import { recordRestarts } from './record-restarts.ts'
import { note } from './report.ts'
import { timeoutOf } from './timing.ts'
import type { Work } from './work.ts'
import type { Target } from './workspace.ts'

/** Set to `per-object` where one bad object shall not hold the others back. */
const APPLY_MODE = 'lockstep.dev/apply'
const STAGE_TIMEOUT_MS = 60_000

/** Executes the change set, keeps what is learned of the objects, and tells what was changed. */
export async function execute(work: Work, changes: ChangeSet, policy: PlanPolicy): Promise<readonly Applied[]> {
  const { kustomization, source, target, context, run } = work
  const owner = formatRef(refOf(kustomization))
  const results: Applied[] = []
  const drifts = new Map<Applied, Drift>()
  const entries = changes.stages.flatMap(stage => stage.entries)
  const before = new Map(entries.map(({ ref }) => [refKey(ref), target.live.get(ref)]))
  // Newer input does not break off what is being written: nobody could say then what has been applied.
  const executing = apply(changes, target.actor, {
    policy,
    careful: wasRefused(kustomization),
    mode: kustomization.metadata.annotations?.[APPLY_MODE] === 'per-object' ? 'per-object' : 'stage',
    awaitCurrent: refs => awaitStage(work, refs),
    awaitGone: (ref, uid) =>
      awaitGone(ref, uid, target.observer, context.clock, timeoutOf(kustomization.spec), run.signal),
    forgetKinds: target.observer.invalidate,
  })
  for await (const result of executing) {
    results.push(result)
    const drift = driftOf(result, before.get(refKey(result.ref)), target.expectations)
    if (drift !== undefined) {
      drifts.set(result, drift)
      context.reverts.reverted(result.ref)
    }
    learn(result, owner, target)
  }
  // Kinds that came with this very change were unknown when the watches were opened.
  await target.live.ready(results.flatMap(({ ref, object }) => (object === undefined ? [] : [ref])))
  const done = results.filter((each): each is Applied & { outcome: Outcome } => isDone(each.outcome))
  const message = describeOutcomes(done)
  if (message !== '') note(kustomization, 'Progressing', message, source.revision, context)
  recordChanges(kustomization, source, done, drifts, context)
  recordRestarts(kustomization, source, done, before, context)
  return results
}

/** Whether the last attempt ended with something that could not be applied. */
function wasRefused({ status }: Kustomization): boolean {
  const ready = findCondition(status?.conditions, 'Ready')
  return ready?.status === 'False' && ready.reason === 'ReconciliationFailed'
}

function isDone(outcome: Applied['outcome']): outcome is Outcome {
  return outcome !== 'failed' && outcome !== 'rolled-back' && outcome !== 'held-back'
}

/** Keeps what is learned of objects that are as they should be already: from now on a change of theirs is drift. */
export function learnUnchanged({ kustomization, target }: Work, { stages }: ChangeSet): void {
  const owner = formatRef(refOf(kustomization))
  const isIgnoring = (kustomization.spec.ignore ?? []).length > 0
  const { expectations, live, verify } = target
  for (const { action, desired, digest, live: planned, ref } of stages.flatMap(({ entries }) => entries)) {
    if (action !== 'unchanged' || desired === undefined) continue
    const known = live.get(ref)
    if (known === undefined) continue
    // Who changes a field that is ignored takes it from us: what is left is what has to stay.
    const isExpected = !isIgnoring || expectations.isMet(known)
    if (expectations.digestOf(ref) !== undefined && !expectations.isReported(ref) && isExpected) continue
    if (known.metadata.resourceVersion === planned?.resourceVersion) expectations.expect(owner, desired, known, digest)
    else verify(owner, known)
  }
}

/** What the server answered is the newest state of an object, and what it is expected to stay like. */
function learn(
  { ref, outcome, object, entry }: Applied,
  owner: string,
  { live, expectations, observer, verify }: Target,
): void {
  if (outcome === 'deleted' || outcome === 'rolled-back') {
    expectations.forget(owner, ref)
    live.removed(ref)
  } else if (object !== undefined && entry.desired !== undefined) {
    live.written(object)
    expectations.expect(owner, entry.desired, object, entry.digest)
    verify(owner, object)
    if (ref.kind === 'CustomResourceDefinition') observer.invalidate()
  } else if (outcome === 'unchanged' && entry.desired !== undefined) {
    const known = live.get(ref)
    if (known === undefined) return
    // What changed since it was found unchanged is not what was looked at.
    if (known.metadata.resourceVersion === entry.live?.resourceVersion)
      expectations.expect(owner, entry.desired, known, entry.digest)
    else verify(owner, known)
  }
}

/** Waits for what the next stage relies on. */
async function awaitStage(work: Work, refs: readonly ObjectRef[]): Promise<string | undefined> {
  const { target, context, run, rules } = work
  const observation = await observe(refs, target.live, target.observer)
  try {
    const { clock } = context
    const result = await waitForHealth({
      refs,
      rules,
      observation,
      timeoutMs: STAGE_TIMEOUT_MS,
      clock,
      signal: run.signal,
    })
    target.live.retry()
    return result.kind === 'unhealthy' ? result.summary : undefined
  } finally {
    observation.close()
  }
}
