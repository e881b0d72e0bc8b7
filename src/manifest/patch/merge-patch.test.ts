import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../json.ts'
import { applyMergePatch, createMergePatch, createThreeWayMergePatch } from './merge-patch.ts'

test('null removes, objects merge, everything else replaces', () => {
  const document = { a: { b: 1, c: 2 }, list: [1, 2], text: 'x' }
  assert.deepEqual(applyMergePatch(document, { a: { b: null, d: { e: null, f: 3 } }, list: [3], text: null }), {
    a: { c: 2, d: { f: 3 } },
    list: [3],
  })
})

test('a created patch leads from one object to the other', () => {
  const plain = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.jsonValue({ maxDepth: 3 }).filter(v => !JSON.stringify(v).includes('null')),
  )
  fc.assert(
    fc.property(plain, plain, (before, after) => {
      const patch = createMergePatch(before as JsonObject, after as JsonObject)
      assert.deepEqual(plainCopy(applyMergePatch(before as JsonValue, patch ?? {})), plainCopy(after as JsonValue))
    }),
  )
})

test('client-side apply removes what it set before, and leaves what others set', () => {
  const last = { spec: { a: 1, b: 2 } }
  const desired = { spec: { a: 5 } }
  const current = { spec: { a: 1, b: 2, others: true } }
  assert.deepEqual(createThreeWayMergePatch(last, desired, current), { spec: { a: 5, b: null } })
  assert.equal(createThreeWayMergePatch(desired, desired, { spec: { a: 5, others: true } }), undefined)
})

function plainCopy(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value))
}
