import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import { createExpectations } from './expectations.ts'
import { ownedBy, release, straysOf } from './strays.ts'
import type { Target } from './workspace.ts'

const kustomization = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: {
    name: 'app',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: [
      { manager: 'gotk-kustomize-controller', operation: 'Update', time: '2026-01-01T00:00:01Z' },
      {
        manager: 'gotk-kustomize-controller',
        operation: 'Update',
        subresource: 'status',
        time: '2026-02-01T00:00:00Z',
      },
    ],
  },
  status: { inventory: { entries: [{ id: 'shop_known__ConfigMap', v: 'v1' }] } },
} as unknown as Kustomization

function applied(name: string, time: string, manager = 'kustomize-controller'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'shop',
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'app', 'kustomize.toolkit.fluxcd.io/namespace': 'shop' },
      managedFields: [{ manager, operation: 'Apply', time, fieldsV1: { 'f:data': {} } }],
    },
  }
}

function live(...objects: readonly KubeObject[]) {
  return {
    live: {
      group: () => objects,
      get: ({ name }: { name: string }) => objects.find(each => each.metadata.name === name),
    },
    expectations: createExpectations(),
  } as unknown as Target
}

const ids = (entries: readonly { id: string }[]) => entries.map(({ id }) => id)

test('what was applied since the inventory was written belongs to it, what is older was left behind on purpose', () => {
  const target = live(
    applied('known', '2026-01-15T00:00:00Z'),
    applied('left-behind', '2026-01-31T23:59:59Z'),
    applied('stray', '2026-02-01T00:00:00Z'),
    applied('copy', '2026-02-02T00:00:00Z', 'somebody-else'),
  )
  assert.deepEqual(ids(ownedBy(kustomization, straysOf(kustomization), target)), [
    'shop_known__ConfigMap',
    'shop_stray__ConfigMap',
  ])
})

test('a Kustomization without a status has strays from its own time only', () => {
  const { managedFields: _, ...metadata } = kustomization.metadata
  const young = { ...kustomization, metadata, status: {} } as unknown as Kustomization
  const target = live(applied('other', '2025-12-31T23:59:59Z'), applied('stray', '2026-01-01T00:00:00Z'))
  assert.deepEqual(ids(ownedBy(young, straysOf(young), target)), ['shop_stray__ConfigMap'])
})

test('what was let go of does not come back as a stray', () => {
  const target = live(applied('released', '2026-03-01T00:00:00Z'))
  const strays = straysOf(kustomization)
  const before = [
    { id: 'shop_released__ConfigMap', v: 'v1' },
    { id: 'shop_deleted__ConfigMap', v: 'v1' },
    { id: 'shop_kept__ConfigMap', v: 'v1' },
  ]
  release(kustomization, before, [{ id: 'shop_kept__ConfigMap', v: 'v1' }], strays, target)
  assert.deepEqual([...strays.released], ['shop_released__ConfigMap'])
  assert.deepEqual(ids(ownedBy(kustomization, strays, target)), ['shop_known__ConfigMap'])
})

test('what was let go of is expected to stay as it is by nobody, unless another owner has taken it over', () => {
  const objects = [applied('released', '2026-03-01T00:00:00Z'), applied('taken-over', '2026-03-01T00:00:00Z')]
  const target = live(...objects)
  const [released, takenOver] = objects.map(refOf)
  target.expectations.expect('Kustomization/shop/app', objects[0]!, objects[0]!)
  target.expectations.expect('Kustomization/shop/other', objects[1]!, objects[1]!)
  const before = [
    { id: 'shop_released__ConfigMap', v: 'v1' },
    { id: 'shop_taken-over__ConfigMap', v: 'v1' },
  ]
  release(kustomization, before, [], straysOf(kustomization), target)
  assert.equal(target.expectations.ownerOf(released!), undefined)
  assert.equal(target.expectations.ownerOf(takenOver!), 'Kustomization/shop/other')
})
