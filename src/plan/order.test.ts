import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refKey } from '../manifest/object.ts'
import { compareRefs, parseGroupKinds, stageOf } from './order.ts'

const ref = (kind: string, group = '', namespace = '', name = 'x') => ({ group, version: 'v1', kind, namespace, name })

test('what others need comes first, what can refuse others last', () => {
  const kinds = [
    'ValidatingWebhookConfiguration',
    'Widget',
    'Deployment',
    'Service',
    'Secret',
    'ConfigMap',
    'ServiceAccount',
    'ClusterRole',
    'Namespace',
    'CustomResourceDefinition',
  ]
  const sorted = kinds.map(kind => ref(kind)).toSorted(compareRefs)
  assert.deepEqual(
    sorted.map(({ kind }) => kind),
    [
      'CustomResourceDefinition',
      'Namespace',
      'ClusterRole',
      'ServiceAccount',
      'ConfigMap',
      'Secret',
      'Service',
      'Deployment',
      'Widget',
      'ValidatingWebhookConfiguration',
    ],
  )
})

test('the stages: definitions, classes, kinds that the user chose, the rest', () => {
  const custom = parseGroupKinds(' Secret , example.test/Widget')
  assert.equal(stageOf(ref('Namespace'), custom), 'definitions')
  assert.equal(stageOf(ref('CustomResourceDefinition', 'apiextensions.k8s.io'), custom), 'definitions')
  assert.equal(stageOf(ref('ClusterRole', 'rbac.authorization.k8s.io'), custom), 'definitions')
  assert.equal(stageOf(ref('StorageClass', 'storage.k8s.io'), custom), 'classes')
  assert.equal(stageOf(ref('Widget', 'example.test'), custom), 'custom')
  assert.equal(stageOf(ref('Secret'), custom), 'custom')
  assert.equal(stageOf(ref('Deployment', 'apps'), custom), 'resources')
})

const anyRef = fc.record({
  group: fc.constantFrom('', 'apps', 'b'),
  version: fc.constant('v1'),
  kind: fc.constantFrom('Namespace', 'Deployment', 'Widget', 'Gadget', 'MutatingWebhookConfiguration'),
  namespace: fc.constantFrom('', 'a', 'b'),
  name: fc.string({ maxLength: 3 }),
})

test('the order is total: it does not depend on the order of the input', () => {
  fc.assert(
    fc.property(fc.array(anyRef), fc.array(fc.nat()), (refs, shuffle) => {
      const mixed = refs
        .map((item, index) => ({ item, key: shuffle[index % Math.max(1, shuffle.length)] ?? 0 }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ item }) => item)
      const keys = (list: typeof refs) => list.toSorted(compareRefs).map(refKey)
      assert.deepEqual(keys(mixed), keys(refs))
    }),
  )
})
