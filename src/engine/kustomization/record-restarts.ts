import type { Kustomization } from '../../api/kustomization.ts'
import type { Applied } from '../../apply/applied.ts'
import type { Fact } from '../../ledger/ledger.ts'
import { formatRef, type KubeObject, refKey, refOf } from '../../manifest/object.ts'
import { changedConfigs } from '../../plan/restart/changed-configs.ts'
import type { EngineContext } from '../context.ts'
import type { SourceState } from '../sources.ts'
import { note } from './report.ts'

/**
 * Tells which workloads restart because of which ConfigMaps and Secrets: an event, and a fact each. `before` are the live
 * objects as they were, by `refKey`.
 */
export function recordRestarts(
  kustomization: Kustomization,
  { revision }: Pick<SourceState, 'revision'>,
  results: readonly Applied[],
  before: ReadonlyMap<string, KubeObject | undefined>,
  context: EngineContext,
): void {
  const restarts = results.flatMap(({ entry, outcome, ref }) => {
    const live = before.get(refKey(ref))
    if (outcome !== 'configured' || live === undefined || entry.desired === undefined) return []
    const configs = changedConfigs(live, entry.desired)
    return configs.length === 0 ? [] : [{ object: formatRef(ref), configs }]
  })
  if (restarts.length === 0) return
  const lines = restarts.map(({ configs, object }) => `${object} restarts: ${configs.join(', ')} changed`)
  note(kustomization, 'Restarting', lines.join('\n'), revision, context)
  context.ledger.append(
    restarts.map(
      ({ configs, object }): Fact => ({
        kind: 'workload.restarted',
        at: new Date(context.clock.now()).toISOString(),
        cluster: context.settings.clusterName,
        subject: formatRef(refOf(kustomization)),
        object,
        revision,
        outcome: 'ok',
        data: { configs },
      }),
    ),
  )
}
