import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../manifest/canonical.ts'
import { isArray, type JsonValue } from '../manifest/json.ts'
import { createPatch, type PatchOperation } from './json-patch.ts'
import { getAt, parsePointer, removeAt, setAt } from './pointer.ts'

function applyPatch(document: JsonValue, patch: readonly PatchOperation[]): JsonValue {
  return patch.reduce((value, { op, path, value: wanted = null }) => {
    const parts = parsePointer(path)
    if (op === 'remove') return removeAt(value, parts)
    const parent = parts.slice(0, -1)
    const list = getAt(value, parent)
    return op === 'add' && isArray(list) ? setAt(value, parent, [...list, wanted]) : setAt(value, parts, wanted)
  }, document)
}

test('a patch names what changed', () => {
  assert.deepEqual(createPatch({ a: 1, b: [1, 2, 3] }, { b: [1, 5], c: { 'x/y': 0 } }), [
    { op: 'remove', path: '/a', before: 1 },
    { op: 'remove', path: '/b/2', before: 3 },
    { op: 'replace', path: '/b/1', value: 5, before: 2 },
    { op: 'add', path: '/c', value: { 'x/y': 0 } },
  ])
})

test('compact: a whole object where that is shorter', () => {
  const [x, y] = [{ data: { a: '1', b: '2' } }, { data: { a: '2', b: '1' } }]
  assert.deepEqual(createPatch(x, y, { compact: true }), [
    { op: 'replace', path: '/data', value: { a: '2', b: '1' }, before: { a: '1', b: '2' } },
  ])
  assert.equal(createPatch(x, y).length, 2)
})

const { document } = fc.letrec<{ document: JsonValue }>(tie => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 1, 2, 'a', 'b'),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b/c', 'd~e', '0'), tie('document')),
  ),
}))

test('applying the patch from x to y to x gives y', () => {
  fc.assert(
    fc.property(document, document, fc.boolean(), (x, y, compact) => {
      const patch = createPatch({ x } as JsonValue, { x: y } as JsonValue, { compact })
      assert.equal(canonicalJson(applyPatch({ x }, patch)), canonicalJson({ x: y }))
    }),
  )
})
