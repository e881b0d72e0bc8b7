import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonValue } from '../json.ts'
import { createJsonPatch } from './create-json-patch.ts'
import { applyJsonPatch } from './json-patch.ts'

const document = { metadata: { labels: { 'a/b': '1' } }, list: [1, 2, 3] }

function apply(...patch: JsonValue[]): JsonValue {
  const result = applyJsonPatch(document, patch)
  assert.ok('value' in result, 'failure' in result ? result.failure.message : '')
  return result.value
}

function failure(...patch: JsonValue[]): string {
  const result = applyJsonPatch(document, patch)
  assert.ok('failure' in result)
  return `${result.failure.code} ${result.failure.message}`
}

test('adds, replaces, removes, moves, copies and tests', () => {
  assert.deepEqual(apply({ op: 'add', path: '/list/1', value: 9 }, { op: 'add', path: '/list/-', value: 4 }), {
    ...document,
    list: [1, 9, 2, 3, 4],
  })
  assert.deepEqual(apply({ op: 'replace', path: '/metadata/labels/a~1b', value: '2' }), {
    ...document,
    metadata: { labels: { 'a/b': '2' } },
  })
  assert.deepEqual(apply({ op: 'remove', path: '/list/0' }, { op: 'move', from: '/list', path: '/moved' }), {
    metadata: document.metadata,
    moved: [2, 3],
  })
  assert.deepEqual(apply({ op: 'test', path: '/list/2', value: 3 }, { op: 'copy', from: '/list/2', path: '/list/0' }), {
    ...document,
    list: [3, 1, 2, 3],
  })
  assert.deepEqual(apply({ op: 'replace', path: '/new', value: null }), { ...document, new: null })
})

test('one bad operation fails the whole patch with the message of the API server', () => {
  assert.equal(
    failure({ op: 'remove', path: '/nothing' }),
    "422 error in remove for path: '/nothing': Unable to remove nonexistent key: nothing: missing value",
  )
  assert.equal(
    failure({ op: 'add', path: '/a/b', value: 1 }),
    '422 add operation does not apply: doc is missing path: "/a/b": missing value',
  )
  assert.equal(
    failure({ op: 'add', path: '/list/9', value: 1 }),
    "422 error in add for path: '/list/9': Unable to access invalid index: 9: invalid index referenced",
  )
  assert.equal(failure({ op: 'test', path: '/list/0', value: 2 }), '422 testing value /list/0 failed: test failed')
  assert.equal(failure({ op: 'jump', path: '/list' }), '422 Unexpected kind: jump')
  assert.equal(
    failure({ op: 'replace', value: 1 }),
    '422 replace operation failed to decode path: operation missing path field: missing value',
  )
})

test('a created patch leads from one value to the other', () => {
  const json = fc.jsonValue({ maxDepth: 4 })
  fc.assert(
    fc.property(json, json, (before, after) => {
      const patch = createJsonPatch(before as JsonValue, after as JsonValue) as unknown as JsonValue
      const result = applyJsonPatch(before as JsonValue, patch)
      assert.deepEqual('value' in result && JSON.parse(JSON.stringify(result.value)), JSON.parse(JSON.stringify(after)))
    }),
  )
})
