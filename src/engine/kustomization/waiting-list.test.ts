import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import { createWaitingList } from './waiting-list.ts'

function kustomization(name: string, ...dependencies: readonly string[]): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps' },
    spec: {
      interval: '10m',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'app' },
      dependsOn: dependencies.map(each => ({ name: each })),
    },
  }
}

test('those who wait are found by what they depend on, in the order in which they came', () => {
  const list = createWaitingList()
  list.add(kustomization('web', 'database', 'cache'), 0)
  list.add(kustomization('jobs', 'database'), 0)
  list.add(kustomization('waits-for-its-source'), 0)
  assert.deepEqual(list.dependentsOf('apps/database'), ['apps/web', 'apps/jobs'])
  assert.deepEqual(list.dependentsOf('apps/cache'), ['apps/web'])
  assert.deepEqual(list.dependentsOf('apps/web'), [])
  assert.deepEqual(list.dependentsOf('other/database'), [])
})

test('a wait counts from its beginning, and from anew once it was over', () => {
  const list = createWaitingList()
  assert.equal(list.add(kustomization('web', 'database'), 100), 100)
  assert.equal(list.add(kustomization('web', 'database'), 250), 100)
  list.remove('apps/web')
  assert.deepEqual(list.dependentsOf('apps/database'), [])
  assert.equal(list.add(kustomization('web', 'database'), 300), 300)
})

test('a changed spec waits for what it names now', () => {
  const list = createWaitingList()
  list.add(kustomization('web', 'database'), 0)
  list.add(kustomization('web', 'cache'), 0)
  assert.deepEqual(list.dependentsOf('apps/database'), [])
  assert.deepEqual(list.dependentsOf('apps/cache'), ['apps/web'])
})

test('the end of one that does not wait is nothing', () => {
  const list = createWaitingList()
  list.remove('apps/web')
  assert.deepEqual(list.dependentsOf('apps/database'), [])
})
