import { type Condition, type ConditionState, findCondition, nextConditions } from '../../api/condition.ts'
import { formatDuration } from '../../api/duration.ts'
import type { Kustomization, KustomizationStatus } from '../../api/kustomization.ts'
import { handledRequest } from '../request.ts'
import { addToHistory } from './history.ts'
import type { Failed, Outcome, Phase, Progressing, Succeeded } from './outcome.ts'
import { ownConditions } from './own-conditions.ts'
import { timeoutOf } from './timing.ts'

const DOING: Record<Phase, string> = {
  fetching: 'Fetching manifests for',
  building: 'Building manifests for',
  applying: 'Detecting drift for',
  checking: 'Running health checks for',
}

/** A condition's message may have 32,768 bytes; what is cut says so. */
const MESSAGE_LIMIT = 32_000

export function clip(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT)}\n… (cut here, see the events)`
}

function progress(phase: Phase, revision: string, kustomization: Kustomization): string {
  return `${DOING[phase]} revision ${revision} with a timeout of ${formatDuration(timeoutOf(kustomization.spec))}`
}

function metadataOf(attempt: { revision: string; originRevision?: string }): Record<string, string> {
  const { revision, originRevision } = attempt
  return { ...(originRevision !== undefined && { originRevision }), revision }
}

/** The Healthy condition stays as it was unless this outcome is about it. */
function keptHealthy(previous: readonly Condition[] | undefined): ConditionState[] {
  const healthy = findCondition(previous, 'Healthy')
  return healthy === undefined ? [] : [healthy]
}

function whileProgressing(kustomization: Kustomization, outcome: Progressing): ConditionState[] {
  const message = progress(outcome.phase, outcome.revision, kustomization)
  const checking: ConditionState[] =
    outcome.phase === 'checking'
      ? [{ type: 'Healthy', status: 'Unknown', reason: 'Progressing', message }]
      : keptHealthy(kustomization.status?.conditions)
  return [
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
    ...checking,
  ]
}

function afterSuccess(outcome: Succeeded): ConditionState[] {
  const { health, revision } = outcome
  const message = `Applied revision: ${revision}`
  return [
    { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message },
    ...(health === undefined
      ? []
      : [{ type: 'Healthy', status: 'True', reason: 'Succeeded', message: health } satisfies ConditionState]),
  ]
}

function afterFailure(kustomization: Kustomization, outcome: Failed): ConditionState[] {
  const doing = progress(outcome.phase, outcome.revision, kustomization)
  const healthy: ConditionState[] =
    outcome.health === undefined
      ? keptHealthy(kustomization.status?.conditions)
      : [{ type: 'Healthy', status: 'False', reason: outcome.reason, message: clip(outcome.health) }]
  return [
    { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: doing },
    { type: 'Ready', status: 'False', reason: outcome.reason, message: clip(outcome.message) },
    ...healthy,
  ]
}

function statesOf(kustomization: Kustomization, outcome: Outcome): ConditionState[] {
  switch (outcome.kind) {
    case 'waiting':
      return [{ type: 'Ready', status: 'False', reason: outcome.reason, message: outcome.message }]
    case 'stalled':
      return [
        { type: 'Stalled', status: 'True', reason: outcome.reason, message: outcome.message },
        { type: 'Ready', status: 'False', reason: outcome.reason, message: outcome.message },
      ]
    case 'progressing':
      return whileProgressing(kustomization, outcome)
    case 'succeeded':
      return afterSuccess(outcome)
    case 'failed':
      return afterFailure(kustomization, outcome)
  }
}

function entriesOf(inventory: Succeeded['inventory'] | undefined): Pick<KustomizationStatus, 'inventory'> {
  return inventory === undefined ? {} : { inventory: { entries: inventory } }
}

function changesOf(kustomization: Kustomization, outcome: Outcome, now: string): KustomizationStatus {
  switch (outcome.kind) {
    case 'waiting':
      return {}
    case 'stalled':
      return { observedGeneration: kustomization.metadata.generation ?? 0 }
    case 'progressing':
      return {
        ...entriesOf(outcome.inventory),
        ...(outcome.phase !== 'fetching' && { lastAttemptedRevision: outcome.revision }),
      }
    case 'failed': {
      const { digest, durationMs, phase, reason, revision } = outcome
      return {
        ...entriesOf(outcome.inventory),
        ...(phase !== 'fetching' && { lastAttemptedRevision: revision }),
        ...(digest !== undefined && {
          history: addToHistory(
            kustomization.status?.history,
            { digest, status: reason, durationMs, metadata: metadataOf(outcome) },
            now,
          ),
        }),
      }
    }
    case 'succeeded': {
      const { digest, durationMs, originRevision, revision } = outcome
      const reconciliation = { digest, status: 'ReconciliationSucceeded', durationMs, metadata: metadataOf(outcome) }
      return {
        ...entriesOf(outcome.inventory),
        history: addToHistory(kustomization.status?.history, reconciliation, now),
        ...(originRevision !== undefined && { lastAppliedOriginRevision: originRevision }),
        lastAppliedRevision: revision,
        lastAttemptedRevision: revision,
        observedGeneration: kustomization.metadata.generation ?? 0,
      }
    }
  }
}

/**
 * The status of a Kustomization after an outcome, with conditions, reasons and messages as kustomize-controller 1.9
 * writes them. `observedGeneration` moves only when the generation was applied or cannot be. `now` is RFC 3339.
 */
export function nextStatus(kustomization: Kustomization, outcome: Outcome, now: string): KustomizationStatus {
  const previous = kustomization.status
  const request = outcome.kind === 'progressing' ? undefined : handledRequest(kustomization)
  const generation = kustomization.metadata.generation ?? 0
  const states = [...statesOf(kustomization, outcome), ...ownConditions(previous?.conditions)]
  return {
    ...previous,
    ...changesOf(kustomization, outcome, now),
    conditions: nextConditions(previous?.conditions, states, generation, now),
    ...(request !== undefined && { lastHandledReconcileAt: request }),
  }
}
