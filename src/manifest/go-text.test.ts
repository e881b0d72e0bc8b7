import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goQuote } from './go-text.ts'

test('text is quoted as %q does', () => {
  const text = 'a"b\\c\n\t\u0001é\u200b\u00a0\u00ad\u2028\ufeff\u{1f600}\u{e0001}\u007f~ ü\u0085\u0007\v'
  const quoted = String.raw`"a\"b\\c\n\t\x01é\u200b\u00a0\u00ad\u2028\ufeff😀\U000e0001\x7f~ ü\u0085\a\v"`
  assert.equal(goQuote(text), quoted)
})
