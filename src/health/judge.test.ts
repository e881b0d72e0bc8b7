import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../manifest/object.ts'
import { judge } from './judge.ts'

const now = new Date('2026-01-01T00:00:30Z')

function deployment(status: object, spec: object = {}): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', generation: 2 }, spec, status } as never
}

test('an object that is being deleted is Terminating, whatever its status says', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf', deletionTimestamp: '2026-01-01T00:00:00Z' },
  }
  assert.equal(judge(object, now).status, 'Terminating')
})

test('a generation that its controller has not seen is InProgress', () => {
  const verdict = judge(deployment({ observedGeneration: 1 }), now)
  assert.equal(verdict.status, 'InProgress')
  assert.equal(verdict.message, 'Deployment generation is 2, but latest observed generation is 1')
  assert.equal(verdict.reason, 'LatestGenerationNotObserved')
})

test('a Deployment past its progress deadline has failed', () => {
  const verdict = judge(
    deployment({
      observedGeneration: 2,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' }],
    }),
    now,
  )
  assert.deepEqual(verdict, {
    status: 'Failed',
    reason: 'ProgressDeadlineExceeded',
    message: 'Progress deadline exceeded',
    conditions: [{ type: 'Stalled', status: 'True', reason: 'ProgressDeadlineExceeded', message: 'timed out' }],
  })
})

test('a Pod may be unscheduled for 15 seconds', () => {
  const pod = (creationTimestamp: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', creationTimestamp },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
    }) as never
  assert.equal(judge(pod('2026-01-01T00:00:16Z'), now).status, 'InProgress')
  assert.equal(judge(pod('2026-01-01T00:00:15Z'), now).status, 'Failed')
})

test('a running Job is Current for kstatus and InProgress for somebody who waits for its end', () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate' },
    status: { startTime: '2026-01-01T00:00:00Z', active: 1 },
  } as never
  assert.equal(judge(job, now).status, 'Current')
  assert.equal(judge(job, now, { jobsRunToCompletion: true }).status, 'InProgress')
})

test('a status of an impossible shape is Unknown and says which field', () => {
  const verdict = judge(deployment({ observedGeneration: 'three' }), now)
  assert.equal(verdict.status, 'Unknown')
  assert.match(verdict.message, /status\.observedGeneration .*is of the type string, expected int64/)
})

test('no status whatever makes it throw', () => {
  fc.assert(
    fc.property(fc.constantFrom('Deployment', 'Pod', 'Job', 'Widget'), fc.jsonValue(), (kind, status) => {
      const apiVersions: Record<string, string> = { Deployment: 'apps/v1', Pod: 'v1', Job: 'batch/v1' }
      const apiVersion = apiVersions[kind] ?? 'example.test/v1'
      judge({ apiVersion, kind, metadata: { name: 'x', generation: 1 }, status } as never, now)
    }),
  )
})
