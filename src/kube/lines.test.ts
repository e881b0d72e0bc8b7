import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLines } from './lines.ts'

async function* chunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

test('lines are the same however the stream is cut', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '\n') })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (content, sizes) => {
      const found: string[] = []
      let left = ''
      for await (const { lines, rest } of readLines(chunks(Buffer.from(content), sizes))) {
        found.push(...lines)
        left = rest
      }
      assert.equal([...found, left].join('\n'), content)
    }),
  )
})

test('a line without end does not fill the memory', async () => {
  const endless = chunks(Buffer.alloc(1000, 'x'), [100])
  await assert.rejects(async () => {
    for await (const batch of readLines(endless, 500)) assert.ok(batch)
  }, RangeError)
})
