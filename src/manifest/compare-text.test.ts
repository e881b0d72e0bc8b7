import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { compareText } from './compare-text.ts'

it('orders text by its UTF-8 bytes', () => {
  assert.deepEqual(['\u{1f600}', '\uffee', 'a', 'Z', ''].toSorted(compareText), ['', 'Z', 'a', '\uffee', '\u{1f600}'])
  const text = fc.string({ unit: 'binary', maxLength: 8 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})
