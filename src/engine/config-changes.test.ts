import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../manifest/clock.ts'
import type { KubeObject } from '../manifest/object.ts'
import { gatherConfigChanges } from './config-changes.ts'

function config(name: string, data: Record<string, string>, kind = 'ConfigMap'): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, data } as unknown as KubeObject
}

test('changes that come together are told together, those of nothing but metadata not at all', () => {
  const timers: (() => void)[] = []
  const told: string[][] = []
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    after(_, task) {
      timers.push(task)
      return () => {}
    },
  }
  const changes = gatherConfigChanges(clock, objects => told.push(objects.map(({ metadata }) => metadata.name)))
  const before = config('a', { k: '1' })
  changes.take({
    type: 'present',
    object: { ...before, metadata: { ...before.metadata, resourceVersion: '2' } },
    previous: before,
  })
  changes.take({ type: 'present', object: config('a', { k: '1' }, 'Service') })
  assert.equal(timers.length, 0)
  changes.take({ type: 'present', object: config('a', { k: '2' }), previous: before })
  changes.take({ type: 'gone', object: config('b', {}, 'Secret') })
  assert.deepEqual([timers.length, told], [1, []])
  timers[0]?.()
  assert.deepEqual(told, [['a', 'b']])
  changes.take({ type: 'present', object: config('c', {}) })
  assert.equal(timers.length, 2)
})
