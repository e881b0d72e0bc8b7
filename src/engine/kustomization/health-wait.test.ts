import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRules } from '../../health/rules.ts'
import type { Clock } from '../../manifest/clock.ts'
import { type KubeObject, refKey, refOf } from '../../manifest/object.ts'
import { waitForHealth } from './health-wait.ts'

function deployment(name: string, ready: boolean, failed = false): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'apps', generation: 1 },
    spec: { replicas: 1, progressDeadlineSeconds: 10 },
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: ready ? 1 : 0,
      availableReplicas: ready ? 1 : 0,
      conditions: [
        { type: 'Available', status: ready ? 'True' : 'False' },
        failed
          ? { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }
          : { type: 'Progressing', status: 'True', reason: ready ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
      ],
    },
  }
}

function setUp(...objects: KubeObject[]) {
  const state = new Map(objects.map(object => [refKey(refOf(object)), object]))
  const listeners = new Set<() => void>()
  const timers: (() => void)[] = []
  const after = (_: number, task: () => void) => {
    timers.push(task)
    return () => {}
  }
  const clock: Clock = { now: () => 1000, elapsed: () => 1000, after }
  const abort = new AbortController()
  const compiled = compileRules([])
  assert.ok(compiled.error === undefined)
  const wait = waitForHealth({
    refs: objects.map(refOf),
    rules: compiled.value,
    observation: {
      get: ref => state.get(refKey(ref)),
      subscribe(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    timeoutMs: 30_000,
    clock,
    signal: abort.signal,
  })
  const change = (object: KubeObject) => {
    state.set(refKey(refOf(object)), object)
    for (const listener of listeners) listener()
  }
  return { wait, change, abort, expire: () => timers[0]?.(), listeners }
}

test('waiting ends with the event that makes the last object healthy', async () => {
  const { wait, change, listeners } = setUp(deployment('a', true), deployment('b', false))
  change(deployment('b', true))
  assert.deepEqual(await wait, { kind: 'healthy', durationMs: 0 })
  assert.equal(listeners.size, 0)
})

test('waiting ends at once when an object has failed', async () => {
  const { wait, change } = setUp(deployment('a', false), deployment('b', false))
  change(deployment('b', false, true))
  assert.deepEqual(await wait, {
    kind: 'unhealthy',
    durationMs: 0,
    summary: "failed early due to stalled resources: [Deployment/apps/b status: 'Failed']",
  })
})

test('when the time is over, what is missing is named', async () => {
  const { wait, expire } = setUp(deployment('a', true), deployment('b', false))
  expire()
  assert.deepEqual(await wait, {
    kind: 'unhealthy',
    durationMs: 0,
    summary: "timeout waiting for: [Deployment/apps/b status: 'InProgress']",
  })
})

test('newer input ends the wait', async () => {
  const { wait, abort } = setUp(deployment('a', false))
  abort.abort()
  assert.deepEqual(await wait, { kind: 'cancelled' })
})
