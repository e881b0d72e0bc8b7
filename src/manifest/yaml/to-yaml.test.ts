import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareKeys, toYaml } from './to-yaml.ts'

test('a value is printed as kubectl and flux print it', () => {
  const value = {
    metadata: { name: 'a', labels: {}, annotations: { yes: 'no', port: '8080' } },
    kind: 'Thing',
    apiVersion: 'v1',
    spec: {
      list: ['a', ['b', { c: null }], { d: [], e: true }],
      script: 'echo a\necho b\n',
      description: `words and ${'more '.repeat(20)}words`,
      size: 9223372036854775807n,
      ratio: 1234567.5,
      left: undefined,
    },
  }
  assert.equal(
    toYaml(value),
    `apiVersion: v1
kind: Thing
metadata:
  annotations:
    port: "8080"
    "yes": "no"
  labels: {}
  name: a
spec:
  description: words and more more more more more more more more more more more more
    more more more more more more more more words
  list:
  - a
  - - b
    - c: null
  - d: []
    e: true
  ratio: 1.2345675e+06
  script: |
    echo a
    echo b
  size: 9223372036854775807
`,
  )
})

test('the order of keys can be kept; then lines are not folded', () => {
  const value = { b: { z: 1, a: 2 }, a: `${'word '.repeat(30)}end` }
  assert.equal(toYaml(value, { order: 'kept' }), `b:\n  z: 1\n  a: 2\na: ${'word '.repeat(30)}end\n`)
})

test('roots that are no mapping', () => {
  assert.equal(toYaml([]), '[]\n')
  assert.equal(toYaml({}), '{}\n')
  assert.equal(toYaml(null), 'null\n')
  assert.equal(toYaml('true'), '"true"\n')
  assert.equal(toYaml([1, [2]]), '- 1\n- - 2\n')
})

test('keys: numbers inside them count as numbers, letters come behind other characters', () => {
  const keys = ['a10', 'a2', 'b', 'A', '_', 'a-b', 'a.b', 'ab', 'a', '10', '9', 'é']
  assert.deepEqual(keys.toSorted(compareKeys), ['_', '9', '10', 'A', 'a', 'a-b', 'a.b', 'a2', 'a10', 'ab', 'b', 'é'])
  assert.equal(
    toYaml({ 'a\nb': 1, [`k${'x'.repeat(128)}`]: 2, '': 3 }),
    `"": 3\n? |-\n  a\n  b\n: 1\n? k${'x'.repeat(128)}\n: 2\n`,
  )
})
