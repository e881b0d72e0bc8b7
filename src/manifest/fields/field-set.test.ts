import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  difference,
  type FieldSet,
  hasPath,
  insertPath,
  intersection,
  leavesOf,
  pathsOf,
  recursiveDifference,
  sameSet,
  setOf,
  union,
} from './field-set.ts'
import { parseFieldsV1, toFieldsV1 } from './fields-v1.ts'
import { compareElements, formatPath, keyElement, valueElement } from './path-element.ts'

const elements = [
  'f:a',
  'f:b',
  'f:labels',
  keyElement({ name: 'x' }),
  keyElement({ port: 80 }),
  valueElement('v'),
  valueElement(3),
  'i:2',
]
const path = fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 4 })
const set: fc.Arbitrary<FieldSet> = fc.array(path, { maxLength: 12 }).map(paths => {
  const built: Parameters<typeof insertPath>[0] = new Map()
  for (const each of paths) insertPath(built, each)
  return built
})
const texts = (of: FieldSet) => new Set(pathsOf(of).map(each => each.join('\n')))

test('operations on sets of fields are those on sets of paths', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const [left, right] = [texts(a), texts(b)]
      assert.deepEqual(texts(union(a, b)), left.union(right))
      assert.deepEqual(texts(intersection(a, b)), left.intersection(right))
      assert.deepEqual(texts(difference(a, b)), left.difference(right))
      const below = [...left].filter(each => ![...right].some(gone => each === gone || each.startsWith(`${gone}\n`)))
      assert.deepEqual(texts(recursiveDifference(a, b)), new Set(below))
      assert.ok(sameSet(union(a, b), union(b, a)))
      for (const each of pathsOf(a)) assert.ok(hasPath(a, each))
    }),
  )
})

test('leaves have nothing below them', () => {
  assert.deepEqual(pathsOf(leavesOf(setOf(['f:a'], ['f:a', 'f:b'], ['f:c']))).map(formatPath), ['.c', '.a.b'])
})

test('fieldsV1 reads and writes to the letter', () => {
  const fields = {
    'f:data': { '.': {}, 'f:a': {}, 'f:b': {} },
    'f:list': {
      'k:{"name":"a\\u003cb"}': { '.': {}, 'f:name': {} },
      'k:{"name":"c","port":80}': { 'f:name': {} },
      'v:"x"': {},
      'v:10': {},
    },
  }
  const order = { ...fields, 'f:list': { 'k:{"name":"a\\u003cb"}': fields['f:list']['k:{"name":"a\\u003cb"}'] } }
  assert.deepEqual(parseFieldsV1(toFieldsV1(parseFieldsV1(fields))), parseFieldsV1(fields))
  assert.equal(JSON.stringify(toFieldsV1(parseFieldsV1(order))), JSON.stringify(order))
  fc.assert(fc.property(set, a => assert.ok(sameSet(parseFieldsV1(toFieldsV1(a)), a))))
})

test('numbers come before text, fields before keys before values before indexes', () => {
  const sorted = ['i:10', 'i:9', 'v:"a"', 'v:100', 'v:20', 'k:{"port":443}', 'k:{"port":80}', 'f:b', 'f:a'].sort(
    compareElements,
  )
  assert.deepEqual(sorted, ['f:a', 'f:b', 'k:{"port":80}', 'k:{"port":443}', 'v:20', 'v:100', 'v:"a"', 'i:9', 'i:10'])
})
