import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonValue } from '../../manifest/json.ts'
import { applyJsonPatch, readJsonPatch } from './json-patch.ts'

const apply = (document: Record<string, JsonValue>, ...operations: JsonValue[]): JsonValue =>
  applyJsonPatch(document, readJsonPatch(operations))

describe('applyJsonPatch', () => {
  it('adds, replaces, removes, moves, copies and tests', () => {
    assert.deepEqual(
      apply(
        { a: 1, list: [1, 2] },
        { op: 'add', path: '/list/-', value: 3 },
        { op: 'add', path: '/list/0', value: 0 },
        { op: 'replace', path: '/a', value: { 'x/y': 1 } },
        { op: 'copy', from: '/a/x~1y', path: '/b' },
        { op: 'move', from: '/b', path: '/c' },
        { op: 'test', path: '/c', value: 1 },
        { op: 'remove', path: '/list/1' },
      ),
      { a: { 'x/y': 1 }, list: [0, 2, 3], c: 1 },
    )
  })

  it('replaces what is not there, as json-patch v4 does', () => {
    assert.deepEqual(apply({}, { op: 'replace', path: '/new', value: 1 }), { new: 1 })
  })

  it('leaves the document alone', () => {
    const document = { a: [1] }
    apply(document, { op: 'add', path: '/a/-', value: 2 })
    assert.deepEqual(document, { a: [1] })
  })

  it('says which operation fails, and why', () => {
    const cases: [JsonValue, RegExp][] = [
      [
        { op: 'add', path: '/x/y', value: 1 },
        /^add operation does not apply: doc is missing path: "\/x\/y": missing value$/,
      ],
      [
        { op: 'remove', path: '/x' },
        /^error in remove for path: '\/x': Unable to remove nonexistent key: x: missing value$/,
      ],
      [{ op: 'test', path: '/a', value: 2 }, /^testing value \/a failed: test failed$/],
      [
        { op: 'test', path: '/x/y', value: 2 },
        /^test operation does not apply: is missing path: \/x\/y: missing value$/,
      ],
      [{ op: 'change', path: '/a' }, /^Unexpected kind: change$/],
      [
        { op: 'add', path: '/list/9', value: 1 },
        /^error in add for path: '\/list\/9': Unable to access invalid index: 9: invalid index referenced$/,
      ],
    ]
    for (const [operation, expected] of cases)
      assert.throws(() => apply({ a: 1, list: [] }, operation), { message: expected })
  })

  it('takes nothing but a list of operations', () => {
    assert.throws(() => readJsonPatch('x'), /cannot unmarshal string into Go value of type jsonpatch.Patch/)
  })
})
