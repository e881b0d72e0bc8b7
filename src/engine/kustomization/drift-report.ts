import { type ConditionState, findCondition } from '../../api/condition.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { Fact } from '../../ledger/ledger.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import type { ChangeEntry } from '../../plan/change-set.ts'
import { asksForReport, type DriftReporting } from '../../plan/report-drift.ts'
import type { EngineContext } from '../context.ts'
import { isOpen } from '../lock/lock-request.ts'
import { describeDrift, objectOfLine, type ReportedDrift } from './describe-drift.ts'
import { setOwnCondition } from './set-own-condition.ts'
import type { Work } from './work.ts'
import type { Target } from './workspace.ts'

/** How reconciliations end that have applied everything. */
const AFTER_APPLY: ReadonlySet<string> = new Set(['ReconciliationSucceeded', 'HealthCheckFailed', 'PruneFailed'])

/**
 * How a Kustomization wants drift handled at a time (milliseconds): it is only told where that is asked for, and while its lock
 * is open. After a restart its history tells whether its manifests were applied already.
 */
export function driftReportingOf(
  kustomization: Kustomization,
  rendered: Rendered,
  { expectations }: Target,
  now: number,
): DriftReporting {
  const { metadata, status } = kustomization
  const [latest] = status?.history ?? []
  const isApplied =
    latest?.digest === rendered.digest &&
    AFTER_APPLY.has(latest.lastReconciledStatus) &&
    status?.observedGeneration === metadata.generation
  return {
    all: asksForReport(kustomization) || isOpen(kustomization, now),
    wasApplied(ref, digest) {
      const known = expectations.digestOf(ref)
      return known === undefined ? isApplied : known === digest
    },
  }
}

/** What of the Drifted condition is known from before a restart. */
function linesOf({ status }: Kustomization): readonly string[] {
  return findCondition(status?.conditions, 'Drifted')?.message.split('\n').slice(1) ?? []
}

/**
 * Tells of drift that is left alone, and of its end: as the condition `Drifted`, an event, facts in the ledger, and to
 * whoever measures. `entries` are all objects of the Kustomization as they were found. What is known already is not told
 * again.
 */
export async function reportDrift(
  { kustomization, workspace, target, context, source }: Work,
  entries: readonly ChangeEntry[],
): Promise<void> {
  const owner = formatRef(refOf(kustomization))
  const reported = entries.filter(({ cause }) => cause === 'reported')
  for (const { digest, ref } of reported) target.expectations.report(owner, ref, digest ?? '', target.live.get(ref))
  const drifts = reported.map(describeDrift)
  const lines = drifts.map(({ line }) => line)
  const before = workspace.drift ?? linesOf(kustomization)
  workspace.onDrift?.(drifts)
  const added = drifts.filter(({ line }) => !before.includes(line))
  const objects = new Set(drifts.map(({ object }) => object))
  const ended = before.map(objectOfLine).filter(object => !objects.has(object))
  if (added.length > 0 || ended.length > 0 || lines.length !== before.length) {
    await setOwnCondition(kustomization, 'Drifted', stateOf(lines), context)
    recordDrift(kustomization, source.revision, added, ended, context)
    tellDrift(kustomization, added, ended, context)
  }
  workspace.drift = lines
}

function stateOf(lines: readonly string[]): Omit<ConditionState, 'type'> | undefined {
  if (lines.length === 0) return undefined
  const count = lines.length === 1 ? '1 object is' : `${lines.length} objects are`
  const message = [`${count} not as applied, and left alone:`, ...lines].join('\n')
  return { status: 'True', reason: 'DriftReported', message }
}

function recordDrift(
  kustomization: Kustomization,
  revision: string,
  added: readonly ReportedDrift[],
  ended: readonly string[],
  context: EngineContext,
): void {
  const common = {
    at: new Date(context.clock.now()).toISOString(),
    cluster: context.settings.clusterName,
    subject: formatRef(refOf(kustomization)),
    revision,
  }
  const facts: Fact[] = [
    ...added.map(({ object, by, changes }) => ({
      ...common,
      kind: 'drift.reported',
      object,
      ...(by !== undefined && { actor: by }),
      data: { fields: changes as unknown as JsonValue },
    })),
    ...ended.map(object => ({ ...common, kind: 'drift.resolved', object })),
  ]
  context.ledger.append(facts)
}

function tellDrift(
  kustomization: Kustomization,
  added: readonly ReportedDrift[],
  ended: readonly string[],
  context: EngineContext,
): void {
  if (added.length > 0) {
    const message = ['drift is left alone:', ...added.map(({ line }) => line)].join('\n')
    context.events.kustomize.record(kustomization, { type: 'Warning', reason: 'DriftDetected', message })
  }
  if (ended.length > 0) {
    const message = ['no drift any more:', ...ended].join('\n')
    context.events.kustomize.record(kustomization, { type: 'Normal', reason: 'DriftResolved', message })
  }
}
