import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scanJson } from './go-json.ts'

test('broken JSON is told as Go tells it', () => {
  const cases: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{"a":1', 'unexpected end of JSON input'],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{}}', "invalid character '}' after top-level value"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ]
  for (const [text, error] of cases) assert.equal(scanJson(text).error, error, text)
})

test('fields that stand twice are named by their paths', () => {
  const text = '{"a":{"b":1,"b":2},"c":[{"d":1,"d":2,"d":3}],"a":1}'
  assert.deepEqual(scanJson(text).duplicates, ['a.b', 'c[0].d', 'a'])
})

test('it agrees with JSON.parse on what is JSON', () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const mutated = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '{', '"', ',', '0', ' ', '\\'))
    .map(
      ([text, at, insert]) => text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + 1),
    )
  fc.assert(
    fc.property(mutated, text => {
      assert.equal(scanJson(text).error === undefined, parses(text))
    }),
  )
})
