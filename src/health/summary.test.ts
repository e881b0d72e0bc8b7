import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeUnhealthy, disappearsWhenDone, progressOf } from './summary.ts'
import { current, failed, inProgress, notFound } from './verdict.ts'

const ref = (name: string) => ({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name })
const ready = { ref: ref('api'), verdict: current('Deployment is available. Replicas: 1') }
const broken = { ref: ref('web'), verdict: failed('ProgressDeadlineExceeded', 'Progress deadline exceeded') }
const slow = { ref: ref('db'), verdict: inProgress('LessReplicas', 'Replicas: 0/1') }

test('waiting ends early with the first failure', () => {
  assert.equal(progressOf([ready, slow]), 'waiting')
  assert.equal(progressOf([ready, slow, broken]), 'failed')
  assert.equal(progressOf([ready]), 'healthy')
  assert.equal(progressOf([slow, broken], false), 'waiting')
  assert.equal(progressOf([ready, broken], false), 'failed')
  assert.equal(
    describeUnhealthy([ready, slow, broken], false),
    "failed early due to stalled resources: [Deployment/shop/web status: 'Failed']",
  )
})

test('a timeout names everything that is not Current', () => {
  assert.equal(
    describeUnhealthy([ready, slow, broken, { ref: ref('x'), verdict: undefined }], true),
    "timeout waiting for: [Deployment/shop/db status: 'InProgress', Deployment/shop/web status: 'Failed', can't determine status for Deployment/shop/x]",
  )
  assert.equal(describeUnhealthy([ready], true), undefined)
})

test('a Job that removes itself is done when it is gone', () => {
  assert.equal(progressOf([{ ref: ref('job'), verdict: notFound, mayDisappear: true }]), 'healthy')
  assert.equal(progressOf([{ ref: ref('web'), verdict: notFound }]), 'waiting')
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: { ttlSecondsAfterFinished: 0 } }
  assert.equal(disappearsWhenDone(job), true)
  assert.equal(disappearsWhenDone({ ...job, spec: {} }), false)
})
