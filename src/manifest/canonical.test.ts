import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from './canonical.ts'

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
