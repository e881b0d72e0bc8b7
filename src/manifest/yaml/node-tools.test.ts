import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloneNode, nodeAt, positionOf } from './node-tools.ts'
import { parseYaml } from './parse.ts'

const document = parseYaml('a: &x\n  b: [1, {c: d}]\ne: *x\n', { file: 'f.yaml' }).documents[0]!

test('nodes are found by path, through aliases', () => {
  assert.equal(nodeAt(document, ['e', 'b', 1, 'c'])!.value, 'd')
  assert.equal(nodeAt(document, ['e', 'b', 2]), undefined)
  assert.equal(nodeAt(document, ['a', 'b', 'c']), undefined)
  assert.deepEqual(positionOf(nodeAt(document, ['e', 'b', 1])!), { file: 'f.yaml', line: 2, column: 10 })
})

test('a copy has its own nodes and its own alias targets', () => {
  const copy = cloneNode(document)
  assert.deepEqual(copy, document)
  assert.notEqual(nodeAt(copy, ['a']), nodeAt(document, ['a']))
  assert.equal(nodeAt(copy, ['e']), nodeAt(copy, ['a']))
})
