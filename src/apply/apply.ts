import { ApiError, type Cluster } from '../kube/cluster.ts'
import type { ChangeSet } from '../plan/change-set.ts'
import type { Applied } from './applied.ts'
import { failed } from './apply-entry.ts'
import { applyEach, applyTogether } from './apply-stage.ts'
import type { ApplyContext, ApplyOptions } from './context.ts'
import { definedKinds } from './hint.ts'
import { prune } from './prune.ts'

/**
 * Executes a change set: the stages in order, each after the objects that the one before has to establish are Current, then
 * the deletions. Gives the result of every entry in the order of the set; errors are results. After a failed stage nothing
 * further is applied and nothing is deleted (in the mode `per-object`: the rest is still applied).
 */
export async function* apply(changes: ChangeSet, cluster: Cluster, options: ApplyOptions): AsyncIterable<Applied> {
  const context: ApplyContext = { changes, cluster, options }
  const perObject = options.mode === 'per-object'
  let broken = false
  for (const stage of changes.stages) {
    if (broken && !perObject) {
      for (const entry of stage.entries) yield { ref: entry.ref, outcome: 'held-back', entry }
      continue
    }
    const established: Applied[] = []
    for await (const result of (perObject ? applyEach : applyTogether)(stage.entries, context)) {
      if (result.outcome === 'failed') broken = true
      if (result.outcome === 'created' || result.outcome === 'configured') established.push(result)
      yield result
    }
    if (!stage.wait || established.length === 0 || (broken && !perObject)) continue
    const problem = await options.awaitCurrent(
      established.map(({ ref }) => ref),
      options.signal,
    )
    for (const { desired } of established.map(({ entry }) => entry)) {
      for (const { group } of desired === undefined ? [] : definedKinds(desired)) options.forgetKinds?.(group)
    }
    if (problem === undefined) continue
    broken = true
    const error = new ApiError({ code: 0, reason: 'Timeout', message: problem })
    const result = failed(error, established[0]!.entry, 'apply', context)
    yield { ...result, failure: { ...result.failure!, message: problem } }
  }
  if (!broken || perObject) yield* prune(changes.prune, context)
}
