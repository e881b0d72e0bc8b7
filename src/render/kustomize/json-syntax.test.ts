import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { jsonSyntaxError } from './json-syntax.ts'

it('says what Go says', () => {
  const cases: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a": 1 "b"}', `invalid character '"' after object key:value pair`],
    ['{"a": 1,}', "invalid character '}' looking for beginning of object key string"],
    ["[ 'q' ]", "invalid character '\\'' looking for beginning of value"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['[tru]', "invalid character ']' in literal true (expecting 'e')"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['[1.]', "invalid character ']' after decimal point in numeric literal"],
  ]
  for (const [text, message] of cases) assert.equal(jsonSyntaxError(text), message, text)
})

it('takes what JSON.parse takes, and nothing else', () => {
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const text = fc.oneof(
    fc.json(),
    fc.array(fc.constantFrom(...'{}[]",:-01.eE tnfalsru\\'), { maxLength: 8 }).map(c => c.join('')),
  )
  fc.assert(fc.property(text, json => (jsonSyntaxError(json) === undefined) === parses(json)))
})
