import type { Kustomization } from '../../api/kustomization.ts'
import type { Applied } from '../../apply/applied.ts'
import type { Fact } from '../../ledger/ledger.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import type { SourceState } from '../sources.ts'

/**
 * Puts a fact into the ledger for each object that was changed: from which commit, by whom, and which fields. Values of
 * Secrets are masked already where the change set was made.
 */
export function recordChanges(
  kustomization: Kustomization,
  source: SourceState,
  results: readonly Applied[],
  context: EngineContext,
): void {
  const at = new Date(context.clock.now()).toISOString()
  const { authorship, revision } = source
  const facts = results.flatMap(({ ref, outcome, entry }): Fact[] => {
    if (outcome === 'unchanged' || outcome === 'skipped') return []
    const isDrift = entry.cause === 'drifted'
    return [
      {
        kind: isDrift ? 'drift.reverted' : `object.${outcome}`,
        at,
        cluster: context.settings.clusterName,
        subject: formatRef(refOf(kustomization)),
        object: formatRef(ref),
        revision,
        outcome: 'ok',
        ...(authorship !== undefined && !isDrift && { actor: authorship.author }),
        data: { cause: entry.cause, fields: entry.changes as unknown as JsonValue },
      },
    ]
  })
  if (facts.length > 0) context.ledger.append(facts)
}
