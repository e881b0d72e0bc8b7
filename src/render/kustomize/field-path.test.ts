import assert from 'node:assert/strict'
import { it } from 'node:test'
import { splitFieldPath, splitIndexes, splitPath } from './field-path.ts'

it('splits paths of field specs at slashes that are not escaped', () => {
  assert.deepEqual(splitPath('metadata/annotations/a.example.com\\/b', '/'), [
    'metadata',
    'annotations',
    'a.example.com/b',
  ])
  assert.deepEqual(splitPath('/spec/replicas', '/'), ['spec', 'replicas'])
})

it('splits paths of replacements at dots outside of brackets', () => {
  assert.deepEqual(splitFieldPath('spec.containers.[name=a.b].image'), ['spec', 'containers', '[name=a.b]', 'image'])
  assert.deepEqual(splitFieldPath('metadata.annotations.[a.b/c.d]'), ['metadata', 'annotations', 'a.b/c.d'])
  assert.deepEqual(splitFieldPath('metadata.annotations.a\\.b'), ['metadata', 'annotations', 'a.b'])
})

it('takes indexes of variables apart', () => {
  assert.deepEqual(splitIndexes(['spec', 'ports[0]', 'port']), ['spec', 'ports', '0', 'port'])
})
