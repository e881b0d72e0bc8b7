import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goJson, goQuote } from './go-text.ts'

test('text is quoted as %q does', () => {
  const text = 'a"b\\c\n\t\u0001é\u200b\u00a0\u00ad\u2028\ufeff\u{1f600}\u{e0001}\u007f~ ü\u0085\u0007\v'
  const quoted = String.raw`"a\"b\\c\n\t\x01é\u200b\u00a0\u00ad\u2028\ufeff😀\U000e0001\x7f~ ü\u0085\a\v"`
  assert.equal(goQuote(text), quoted)
})

test('JSON is printed as json.Marshal does', () => {
  const value = { b: '<&>\u2028', '\u{1f600}': 1, '\uff01': -0, a: [1, 1e21, 1e-7, 2n ** 70n, null, true] }
  const text = String.raw`{"a":[1,1e+21,1e-7,1180591620717411303424,null,true],"b":"\u003c\u0026\u003e\u2028","！":-0,"😀":1}`
  assert.equal(goJson(value), text)
})
