import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { fingerprint } from './fingerprint.ts'

const manager = 'kustomize-controller'

function deployment(containers: readonly object[], owned: JsonObject, more: readonly object[] = []): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      uid: 'u',
      resourceVersion: '1',
      managedFields: [{ manager, operation: 'Apply', fieldsV1: owned }, ...more],
    },
    spec: { replicas: 3, template: { spec: { containers } } },
  } as never
}

const image = {
  'f:spec': {
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
  },
}

test('fields of others do not count: scaling, a sidecar, defaults', () => {
  const before = deployment([{ name: 'a', image: 'x:1' }], image)
  const after = deployment([{ name: 'sidecar' }, { name: 'a', image: 'x:1', imagePullPolicy: 'Always' }], image)
  assert.equal(fingerprint(before, manager).owned, fingerprint(after, manager).owned)
})

test('a changed value, a lost item and lost ownership count', () => {
  const before = fingerprint(deployment([{ name: 'a', image: 'x:1' }], image), manager).owned
  assert.notEqual(fingerprint(deployment([{ name: 'a', image: 'x:2' }], image), manager).owned, before)
  assert.notEqual(fingerprint(deployment([], image), manager).owned, before)
  assert.notEqual(fingerprint(deployment([{ name: 'a', image: 'x:1' }], { 'f:spec': {} }), manager).owned, before)
  assert.equal(fingerprint({ ...deployment([], image), metadata: { name: 'web' } }, manager).owned, undefined)
})

test('what another manager puts into an object that was applied empty is not drift', () => {
  const owned = { 'f:spec': { 'f:resources': {} } }
  const other = [{ manager: 'vpa', operation: 'Update', fieldsV1: { 'f:spec': { 'f:resources': { 'f:limits': {} } } } }]
  const widget = (resources: object, more: readonly object[]): KubeObject =>
    ({ ...deployment([], owned, more), spec: { resources } }) as never
  assert.equal(
    fingerprint(widget({ limits: { cpu: '1' } }, other), manager).owned,
    fingerprint(widget({ limits: { cpu: '2' } }, other), manager).owned,
  )
})

test('nothing that is written beside the owned fields changes the fingerprint', () => {
  const base = deployment([{ name: 'a', image: 'x:1' }], image)
  const expected = fingerprint(base, manager).owned
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (extra, status) => {
      const spec = { ...extra, template: { ...(base['spec'] as { template: object }).template } }
      const changed = { ...base, spec, status } as unknown as KubeObject
      assert.equal(fingerprint(changed, manager).owned, expected)
    }),
  )
})
