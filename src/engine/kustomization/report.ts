import { isDeepStrictEqual } from 'node:util'
import { formatDuration } from '../../api/duration.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { Fact } from '../../ledger/ledger.ts'
import { timestamp } from '../../manifest/clock.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import type { EventNote } from '../event-recorder.ts'
import { about } from '../log.ts'
import { writeStatus } from '../status-writer.ts'
import type { Outcome } from './outcome.ts'
import { nextStatus } from './status.ts'
import { intervalOf } from './timing.ts'

export const KUSTOMIZE_MANAGER = 'gotk-kustomize-controller'
const GROUP = 'kustomize.toolkit.fluxcd.io'
const EVENT_METADATA = 'event.toolkit.fluxcd.io/'

/** The annotations of an event: the revision, and what the Kustomization wants to be passed on. */
function annotationsOf(kustomization: Kustomization, revision: string | undefined): Record<string, string> {
  const passedOn = Object.entries(kustomization.metadata.annotations ?? {}).filter(([key]) =>
    key.startsWith(EVENT_METADATA),
  )
  return { ...Object.fromEntries(passedOn), ...(revision !== undefined && { [`${GROUP}/revision`]: revision }) }
}

function noteOf(kustomization: Kustomization, outcome: Outcome): EventNote | undefined {
  switch (outcome.kind) {
    case 'progressing':
      return undefined
    case 'waiting':
      if (outcome.reason !== 'DependencyNotReady') return undefined
      return {
        type: 'Normal',
        reason: outcome.reason,
        message: `Dependencies do not meet ready condition, going on as soon as they do: ${outcome.message}`,
        annotations: annotationsOf(kustomization, outcome.revision),
      }
    case 'stalled':
      return {
        type: 'Warning',
        reason: outcome.reason,
        message: outcome.message,
        annotations: annotationsOf(kustomization, undefined),
      }
    case 'failed': {
      const { message, reason, revision } = outcome
      return { type: 'Warning', reason, message, annotations: annotationsOf(kustomization, revision) }
    }
    case 'succeeded': {
      if (outcome.quiet === true) return undefined
      const { durationMs, revision } = outcome
      const next = formatDuration(intervalOf(kustomization.spec))
      return {
        type: 'Normal',
        reason: 'ReconciliationSucceeded',
        message: `Reconciliation finished in ${formatDuration(durationMs)}, next run in ${next}`,
        annotations: { [`${GROUP}/commit_status`]: 'update', ...annotationsOf(kustomization, revision) },
      }
    }
  }
}

function factOf(kustomization: Kustomization, outcome: Outcome, context: EngineContext): Fact | undefined {
  if (outcome.kind === 'progressing') return undefined
  const base = {
    at: new Date(context.clock.now()).toISOString(),
    cluster: context.settings.clusterName,
    subject: formatRef(refOf(kustomization)),
  }
  if (outcome.kind === 'succeeded') {
    const { durationMs, revision } = outcome
    return { ...base, kind: 'reconcile.finished', outcome: 'ok', revision, durationMs }
  }
  if (outcome.kind === 'failed') {
    const { durationMs, message, revision } = outcome
    return {
      ...base,
      kind: 'reconcile.failed',
      outcome: 'failed',
      revision,
      durationMs,
      message,
      data: { reason: outcome.reason },
    }
  }
  return { ...base, kind: `reconcile.${outcome.kind}`, outcome: 'skipped', message: outcome.message }
}

/** Tells about something in the course of a run: an event with the revision. */
export function note(
  kustomization: Kustomization,
  reason: string,
  message: string,
  revision: string,
  context: EngineContext,
): void {
  const annotations = annotationsOf(kustomization, revision)
  context.events.kustomize.record(kustomization, { type: 'Normal', reason, message, annotations })
}

/**
 * Writes what came of a run: status, event, ledger and log. Gives the object with its new status; undefined where it is
 * gone. The status is written only where it differs.
 */
export async function report(
  kustomization: Kustomization,
  outcome: Outcome,
  context: EngineContext,
): Promise<Kustomization | undefined> {
  const ref = refOf(kustomization)
  const known = (context.objects.get(ref) ?? kustomization) as Kustomization
  if (known.metadata.uid !== kustomization.metadata.uid) return undefined
  // The outcome is that of the spec it was made from, on top of the status as it is by now.
  const subject = known.status === undefined ? kustomization : { ...kustomization, status: known.status }
  const status = nextStatus(subject, outcome, timestamp(context.clock.now()))
  // Who still waits for the same has nothing to tell, however often it was woken.
  if (outcome.kind === 'waiting' && isDeepStrictEqual(status, known.status)) return known
  const event = noteOf(kustomization, outcome)
  if (event !== undefined) context.events.kustomize.record(kustomization, event)
  const fact = factOf(kustomization, outcome, context)
  if (fact !== undefined) context.ledger.append([fact])
  const subjectFields = { ...about(kustomization), ...('revision' in outcome && { revision: outcome.revision }) }
  if (outcome.kind === 'failed' || outcome.kind === 'stalled') {
    context.log.error('reconciliation failed', outcome.message, subjectFields)
  } else if (event !== undefined) {
    context.log.info(event.message, subjectFields)
  }
  const written = await writeStatus(context.cluster, known, status, KUSTOMIZE_MANAGER)
  if (written !== undefined) context.objects.written(written)
  return written as Kustomization | undefined
}
