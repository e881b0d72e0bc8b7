import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import yaml from 'js-yaml'
import type { JsonObject } from '../../../manifest/json.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { structOfKind } from './go-types.ts'
import { normalize } from './normalize.ts'

const deployment = structOfKind('apps/v1', 'Deployment')!
const read = (text: string) => yaml.load(text) as JsonObject

test('what Go drops is dropped, what it always writes is written', () => {
  assert.deepEqual(
    normalize(
      structOfKind('rbac.authorization.k8s.io/v1', 'Role')!,
      read('{apiVersion: v1, kind: Role, metadata: {name: r, labels: {}, annotations: null, selfLink: /x}}'),
      {},
    ),
    read('{apiVersion: v1, kind: Role, metadata: {name: r}, rules: null}'),
  )
  assert.deepEqual(
    normalize(structOfKind('v1', 'Service')!, read('{spec: {ports: [], publishNotReadyAddresses: false}}'), {}),
    read('{metadata: {}, spec: {}, status: {loadBalancer: {}}}'),
  )
})

test('pointers keep their zeros', () => {
  const spec = normalize(deployment, read('{spec: {replicas: 0, minReadySeconds: 0, paused: false}}'), {})['spec']
  assert.deepEqual(
    spec,
    read('{replicas: 0, selector: null, strategy: {}, template: {metadata: {}, spec: {containers: null}}}'),
  )
})

test('an object that needs nothing is returned as it is', () => {
  const once = normalize(
    deployment,
    read('{metadata: {name: a}, spec: {template: {spec: {containers: [{name: a}]}}}}'),
    podSpecDefaults,
  )
  assert.equal(normalize(deployment, once, podSpecDefaults), once)
})

test('any JSON comes through, twice the same', () => {
  const key = fc.constantFrom(
    'metadata',
    'spec',
    'template',
    'containers',
    'labels',
    'replicas',
    'env',
    'resources',
    'limits',
    'cpu',
    'name',
    'x',
  )
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, 0, 1, '', 'a', '1000m', true, false),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, value), given => {
      const once = normalize(deployment, given as JsonObject, podSpecDefaults)
      assert.deepEqual(normalize(deployment, once, podSpecDefaults), once)
    }),
  )
})
