import assert from 'node:assert/strict'
import { test } from 'node:test'
import { augment } from './augment.ts'

const now = new Date('2026-01-02T03:04:05Z')

test('the standard condition is added beside the kind’s own', () => {
  const ready = { type: 'PodScheduled', status: 'True' }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    status: { phase: 'Running', conditions: [ready] },
  }
  assert.deepEqual(augment(pod, now)['status'], {
    phase: 'Running',
    conditions: [
      ready,
      {
        type: 'Reconciling',
        status: 'True',
        reason: 'PodRunningNotReady',
        message: 'Pod is running but is not Ready',
        lastTransitionTime: '2026-01-02T03:04:05Z',
        lastUpdateTime: '2026-01-02T03:04:05Z',
      },
    ],
  })
})

test('an object that is fine gets an empty list', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' } }
  assert.deepEqual(augment(object, now)['status'], { conditions: [] })
})
