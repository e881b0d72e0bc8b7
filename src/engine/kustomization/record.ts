import type { Kustomization } from '../../api/kustomization.ts'
import type { Applied } from '../../apply/applied.ts'
import type { Fact } from '../../ledger/ledger.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import type { SourceState } from '../sources.ts'
import type { Drift } from './drift.ts'

/**
 * Puts a fact into the ledger for each object that was changed: from which commit, by whom, and which fields; for a change
 * that was undone, whose it was. Values of Secrets are masked already where the change set was made.
 */
export function recordChanges(
  kustomization: Kustomization,
  source: SourceState,
  results: readonly Applied[],
  drifts: ReadonlyMap<Applied, Drift>,
  context: EngineContext,
): void {
  const at = new Date(context.clock.now()).toISOString()
  const { authorship, revision } = source
  const facts = results.flatMap((result): Fact[] => {
    const { ref, outcome, entry } = result
    if (outcome === 'unchanged' || outcome === 'skipped') return []
    const drift = drifts.get(result)
    const actor = drift === undefined ? authorship?.author : drift.by
    return [
      {
        kind: drift !== undefined ? 'drift.reverted' : `object.${outcome}`,
        at,
        cluster: context.settings.clusterName,
        subject: formatRef(refOf(kustomization)),
        object: formatRef(ref),
        revision,
        outcome: 'ok',
        ...(actor !== undefined && { actor }),
        data: { cause: entry.cause, fields: entry.changes as unknown as JsonValue },
      },
    ]
  })
  if (facts.length > 0) context.ledger.append(facts)
}
