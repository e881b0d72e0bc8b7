import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from './canonical.ts'
import { isArray, isObject, type JsonValue } from './json.ts'

test('keys are sorted at every depth, undefined members are left out', () => {
  const value = { b: [1, { z: null, a: undefined, y: true }], a: 'x"y', 10: 1, 9: 2 }
  assert.equal(canonicalJson(value), '{"10":1,"9":2,"a":"x\\"y","b":[1,{"y":true,"z":null}]}')
})

test('an integer has one text, as number or as bigint', () => {
  assert.equal(canonicalJson(9223372036854775807n), '9223372036854775807')
  assert.equal(canonicalJson(2 ** 60), canonicalJson(1n << 60n))
  assert.equal(canonicalJson(-0), '0')
  assert.equal(canonicalJson([1.5, 1e21, Number.NaN]), '[1.5,1e+21,null]')
})

test('the order in which the members were written makes no difference', () => {
  const reversed = (value: JsonValue): JsonValue => {
    if (isArray(value)) return value.map(reversed)
    if (!isObject(value)) return value
    const members = Object.entries(value).map(([key, member]): [string, JsonValue] => [key, reversed(member ?? null)])
    return Object.fromEntries(members.reverse())
  }
  fc.assert(
    fc.property(fc.jsonValue(), any => {
      const value = any as JsonValue
      assert.equal(canonicalJson(value), canonicalJson(reversed(value)))
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})
