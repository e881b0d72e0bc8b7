import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeText, findForbidden } from './text.ts'

test('byte order marks choose the encoding and are dropped', () => {
  assert.deepEqual(decodeText('\ufeffa'), { text: 'a', problem: undefined })
  assert.deepEqual(decodeText(Buffer.from('\ufeffé')), { text: 'é', problem: undefined })
  assert.deepEqual(decodeText(Buffer.from('\ufeffé😀', 'utf16le')), { text: 'é😀', problem: undefined })
  assert.deepEqual(decodeText(Buffer.from('\ufeffé', 'utf16le').swap16()), { text: 'é', problem: undefined })
})

test('broken UTF-8 is named, with NUL at its place', () => {
  const cases: readonly (readonly [bytes: number[], problem: string])[] = [
    [[0xff], 'invalid leading UTF-8 octet'],
    [[0xc3], 'incomplete UTF-8 octet sequence'],
    [[0xe2, 0x28, 0xa1], 'invalid trailing UTF-8 octet'],
    [[0xc0, 0x80], 'invalid length of a UTF-8 sequence'],
    [[0xed, 0xa0, 0x80], 'invalid Unicode character'],
  ]
  for (const [bytes, problem] of cases) {
    const decoded = decodeText(Uint8Array.from([0xc3, 0xa9, ...bytes]))
    assert.equal(decoded.problem, problem)
    assert.ok(decoded.text.startsWith('é\0'))
  }
})

test('property: well-formed text has no problem, other bytes have one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
      const isText =
        Buffer.compare(Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)), bytes) === 0
      if (bytes[0] !== 0xff && bytes[0] !== 0xfe) assert.equal(decodeText(bytes).problem === undefined, isText)
    }),
  )
})

test('characters that YAML does not allow are found', () => {
  assert.equal(findForbidden('a\tb\r\n\x85é😀\ufeff', 0), -1)
  assert.equal(findForbidden('a\x07', 0), 1)
  assert.equal(findForbidden('\x07a\x07', 1), 2)
  assert.equal(findForbidden('a\ud83d', 0), 1)
  assert.equal(findForbidden('a\ude00', 0), 1)
})
