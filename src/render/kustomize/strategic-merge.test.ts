import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { builtinSchemas } from './merge-schema.ts'
import { strategicMerge } from './strategic-merge.ts'
import { toValue } from './value.ts'
import { parseText } from './yaml-text.ts'

function merged(target: string, patch: string): string {
  const result = strategicMerge(parseText(target), parseText(patch), builtinSchemas)
  return result === undefined ? '(deleted)' : toYaml(toValue(result))
}

const pod = (spec: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
${spec}`

describe('strategicMerge', () => {
  it('merges lists by the keys of the schema, new items in front', () => {
    assert.equal(
      merged(
        pod('  containers:\n  - name: app\n    image: a:1\n  - name: log\n    image: l:1\n'),
        pod('  containers:\n  - name: new\n    image: n:1\n  - name: log\n    image: l:2\n'),
      ),
      pod(
        '  containers:\n  - image: n:1\n    name: new\n  - image: l:2\n    name: log\n  - image: a:1\n    name: app\n',
      ),
    )
  })

  it('tells ports apart by number and protocol', () => {
    assert.equal(
      merged(
        pod('  containers:\n  - name: app\n    ports:\n    - containerPort: 80\n      protocol: TCP\n'),
        pod('  containers:\n  - name: app\n    ports:\n    - containerPort: 80\n      protocol: UDP\n'),
      ),
      pod(
        '  containers:\n  - name: app\n    ports:\n    - containerPort: 80\n      protocol: UDP\n    - containerPort: 80\n      protocol: TCP\n',
      ),
    )
  })

  it('replaces lists that have no merge key', () => {
    assert.equal(
      merged(
        pod('  containers:\n  - name: app\n    args: [a, b]\n'),
        pod('  containers:\n  - name: app\n    args: [c]\n'),
      ),
      pod('  containers:\n  - args:\n    - c\n    name: app\n'),
    )
  })

  it('takes a field away for null, and keeps a null that stands in the object', () => {
    assert.equal(merged('a: 1\nb: null\nc: 2\n', 'a: null\n'), 'b: null\nc: 2\n')
  })

  it('obeys $patch in maps, list items and lists', () => {
    assert.equal(merged('a:\n  b: 1\nc: 2\n', 'a:\n  $patch: delete\n'), 'c: 2\n')
    assert.equal(merged('a:\n  b: 1\n', 'a:\n  $patch: replace\n  x: 1\n'), 'a:\n  x: 1\n')
    assert.equal(
      merged(
        pod('  containers:\n  - name: app\n  - name: log\n'),
        pod('  containers:\n  - name: log\n    $patch: delete\n'),
      ),
      pod('  containers:\n  - name: app\n'),
    )
    assert.equal(
      merged(pod('  volumes:\n  - name: a\n  - name: b\n'), pod('  volumes:\n  - $patch: replace\n  - name: c\n')),
      pod('  volumes:\n  - name: c\n'),
    )
    assert.equal(merged('a: 1\n', '$patch: delete\n'), '(deleted)')
    assert.throws(() => merged('a: {}\n', 'a:\n  $patch: drop\n'), /unknown patch strategy 'drop'/)
  })

  it('refuses to turn one kind of node into another', () => {
    assert.throws(() => merged('a: 1\n', 'a:\n  b: 1\n'), /wrong node kind: expected ScalarNode but got MappingNode/)
  })
})
