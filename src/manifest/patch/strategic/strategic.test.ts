import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { JsonObject } from '../../json.ts'
import { schemaFor } from '../../schema/builtin.ts'
import { applyStrategicMergePatch } from './apply.ts'
import { createStrategicMergePatch, createThreeWayStrategicMergePatch } from './create.ts'

const pod = schemaFor({ group: '', version: 'v1', kind: 'Pod' })!
const deployment = schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' })!
const yaml = (text: string) => load(text) as JsonObject

function patched(original: string, patch: string, schema = pod): JsonObject {
  const result = applyStrategicMergePatch(yaml(original), yaml(patch), schema)
  assert.ok('value' in result, 'failure' in result ? result.failure.message : '')
  return result.value
}

function failure(original: string, patch: string): string {
  const result = applyStrategicMergePatch(yaml(original), yaml(patch), pod)
  assert.ok('failure' in result)
  return `${result.failure.code} ${result.failure.message}`
}

const twoContainers = 'spec: {containers: [{name: a, image: a:1}, {name: b, image: b:1}]}'

test('containers merge by name; new ones come first, in the order of the patch', () => {
  assert.deepEqual(
    patched(twoContainers, 'spec: {containers: [{name: c, image: c:1}, {name: b, image: b:2}]}'),
    yaml('spec: {containers: [{name: c, image: c:1}, {name: a, image: a:1}, {name: b, image: b:2}]}'),
  )
})

test('$patch deletes an item, or replaces the list', () => {
  assert.deepEqual(
    patched(twoContainers, 'spec: {containers: [{name: a, $patch: delete}]}'),
    yaml('spec: {containers: [{name: b, image: b:1}]}'),
  )
  assert.deepEqual(
    patched(twoContainers, 'spec: {containers: [{$patch: replace}, {name: x, image: x:1}]}'),
    yaml('spec: {containers: [{name: x, image: x:1}]}'),
  )
  assert.deepEqual(patched(twoContainers, 'spec: {$patch: replace, nodeName: n}'), yaml('spec: {nodeName: n}'))
})

test('lists without a strategy are replaced, lists of primitives with one are united', () => {
  assert.deepEqual(
    patched(
      '{metadata: {finalizers: [a, b]}, spec: {containers: [{name: a, args: [x]}]}}',
      '{metadata: {finalizers: [c, b]}, spec: {containers: [{name: a, args: [y, z]}]}}',
    ),
    yaml('{metadata: {finalizers: [c, a, b]}, spec: {containers: [{name: a, args: [y, z]}]}}'),
  )
  assert.deepEqual(
    patched('metadata: {finalizers: [a, b]}', 'metadata: {$deleteFromPrimitiveList/finalizers: [a]}'),
    yaml('metadata: {finalizers: [b]}'),
  )
})

test('$setElementOrder orders, $retainKeys clears', () => {
  assert.deepEqual(
    patched(twoContainers, 'spec: {$setElementOrder/containers: [{name: b}, {name: a}]}'),
    yaml('spec: {containers: [{name: b, image: b:1}, {name: a, image: a:1}]}'),
  )
  assert.deepEqual(
    patched(
      'spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}',
      'spec: {strategy: {$retainKeys: [type], type: Recreate}}',
      deployment,
    ),
    yaml('spec: {strategy: {type: Recreate}}'),
  )
})

test('malformed patches fail with the words of the API server', () => {
  assert.equal(
    failure(twoContainers, 'spec: {containers: [{image: x}]}'),
    '500 map: map[image:x] does not contain declared merge key: name',
  )
  assert.equal(failure('spec: {}', 'spec: {$patch: bad}'), '500 unknown patch type: bad in map: map[$patch:bad]')
  assert.equal(
    failure('spec: {volumes: [{name: v}]}', 'spec: {$setElementOrder/volumes: [{name: w}], volumes: [{name: v}]}'),
    "500 The order in patch list:\n[map[name:v]]\n doesn't match $setElementOrder list:\n[map[name:w]]\n",
  )
})

test('a created patch leads from one object to the other', () => {
  const before = yaml(twoContainers)
  const after = yaml('spec: {containers: [{name: b, image: b:2}, {name: c, image: c:1}], nodeName: n}')
  const result = createStrategicMergePatch(before, after, pod)
  assert.deepEqual('value' in result && result.value, {
    spec: {
      containers: [
        { name: 'b', image: 'b:2' },
        { name: 'c', image: 'c:1' },
        { name: 'a', $patch: 'delete' },
      ],
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }],
      nodeName: 'n',
    },
  })
})

test('client-side apply keeps what others added and deletes what it gave up', () => {
  const last = yaml('spec: {containers: [{name: a, image: a:1}, {name: old}]}')
  const desired = yaml('spec: {containers: [{name: a, image: a:2}]}')
  const current = yaml('spec: {containers: [{name: a, image: a:1}, {name: old}, {name: injected}]}')
  const result = createThreeWayStrategicMergePatch(last, desired, current, pod)
  assert.ok('value' in result)
  assert.deepEqual(
    patched(JSON.stringify(current), JSON.stringify(result.value)),
    yaml('spec: {containers: [{name: a, image: a:2}, {name: injected}]}'),
  )
})
