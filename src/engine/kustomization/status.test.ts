import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization, KustomizationStatus } from '../../api/kustomization.ts'
import { nextStatus } from './status.ts'

const REVISION = 'main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02'
const NOW = '2026-11-21T02:46:31Z'

function kustomization(status: KustomizationStatus = { observedGeneration: -1 }, requestedAt?: string): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {
      name: 'app',
      namespace: 'apps',
      generation: 1,
      ...(requestedAt !== undefined && { annotations: { 'reconcile.fluxcd.io/requestedAt': requestedAt } }),
    },
    spec: { interval: '10m', timeout: '20s', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' } },
    status,
  }
}

const succeeded = {
  kind: 'succeeded',
  revision: REVISION,
  digest: 'sha256:25ef',
  inventory: [{ id: 'apps_conf__ConfigMap', v: 'v1' }],
  durationMs: 114.309615,
} as const

const applied: KustomizationStatus = {
  conditions: [
    {
      lastTransitionTime: NOW,
      message: `Applied revision: ${REVISION}`,
      observedGeneration: 1,
      reason: 'ReconciliationSucceeded',
      status: 'True',
      type: 'Ready',
    },
  ],
  history: [
    {
      digest: 'sha256:25ef',
      firstReconciled: NOW,
      lastReconciled: NOW,
      lastReconciledDuration: '114.309615ms',
      lastReconciledStatus: 'ReconciliationSucceeded',
      metadata: { revision: REVISION },
      totalReconciliations: 1,
    },
  ],
  inventory: { entries: [{ id: 'apps_conf__ConfigMap', v: 'v1' }] },
  lastAppliedRevision: REVISION,
  lastAttemptedRevision: REVISION,
  observedGeneration: 1,
}

test('success', () => {
  assert.deepEqual(nextStatus(kustomization(), succeeded, NOW), applied)
})

test('success again with the same objects counts up, and answers a request', () => {
  const later = '2026-11-21T03:00:00Z'
  const next = nextStatus(kustomization(applied, 't1'), { ...succeeded, durationMs: 60_000 }, later)
  assert.equal(next.lastHandledReconcileAt, 't1')
  assert.deepEqual(next.conditions, applied.conditions)
  assert.deepEqual(next.history, [
    { ...applied.history?.[0], lastReconciled: later, lastReconciledDuration: '1m0s', totalReconciliations: 2 },
  ])
})

test('a failed build keeps what was applied and does not claim the generation', () => {
  const next = nextStatus(
    kustomization(),
    {
      kind: 'failed',
      phase: 'building',
      reason: 'BuildFailed',
      message: 'a.yaml:3:1: …',
      revision: REVISION,
      durationMs: 5,
    },
    NOW,
  )
  assert.deepEqual(
    next.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    [
      {
        type: 'Reconciling',
        status: 'True',
        reason: 'ProgressingWithRetry',
        message: `Building manifests for revision ${REVISION} with a timeout of 30s`,
      },
      { type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'a.yaml:3:1: …' },
    ],
  )
  assert.equal(next.observedGeneration, -1)
  assert.equal(next.lastAttemptedRevision, REVISION)
  assert.equal(next.history, undefined)
})

test('a failed health check is in the history and has a condition of its own', () => {
  const health = "failed early due to stalled resources: [Deployment/apps/web status: 'Failed']"
  const next = nextStatus(
    kustomization(),
    {
      kind: 'failed',
      phase: 'checking',
      reason: 'HealthCheckFailed',
      message: `health check failed after 5s: ${health}`,
      health,
      revision: REVISION,
      digest: 'sha256:25ef',
      inventory: succeeded.inventory,
      durationMs: 5000,
    },
    NOW,
  )
  assert.deepEqual(
    next.conditions?.map(({ type, status }) => `${type}=${status}`),
    ['Reconciling=True', 'Ready=False', 'Healthy=False'],
  )
  assert.equal(next.history?.[0]?.lastReconciledStatus, 'HealthCheckFailed')
})

test('a dependency that is not ready says so and nothing else', () => {
  const waiting = { kind: 'waiting', reason: 'DependencyNotReady', message: 'infra is not ready' } as const
  const next = nextStatus(kustomization(), waiting, NOW)
  assert.deepEqual(Object.keys(next).toSorted(), ['conditions', 'observedGeneration'])
  assert.deepEqual(next.conditions?.length, 1)
  assert.equal(nextStatus(kustomization(undefined, 't1'), waiting, NOW).lastHandledReconcileAt, 't1')
})
