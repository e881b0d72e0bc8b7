import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RemoteError } from './failure.ts'
import { parseAdvertisement, parseLsRefs } from './http-refs.ts'
import { delimiterPacket, flushPacket, packet, parsePackets } from './pkt-line.ts'

const a = 'a'.repeat(40)
const b = 'b'.repeat(40)
const read = (...parts: string[]) => parsePackets(Buffer.from(parts.join('')))

test('what is written is what is read', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 50 }).filter(text => !/^ERR |\n$/.test(text))), texts => {
      const lines = read(...texts.map(text => packet(`${text}\n`)), flushPacket)
      assert.deepEqual(
        lines.map(line => line.text),
        [...texts, ''],
      )
    }),
  )
})

test('bytes that are no packets are a fault of the remote', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        parsePackets(Buffer.from(bytes))
      } catch (error) {
        assert.ok(error instanceof RemoteError)
      }
    }),
  )
  assert.throws(() => read(packet('ERR Repository not found')), /^RemoteError: Repository not found$/)
})

test('refs of protocol version 2, with tags peeled and an unborn HEAD left out', () => {
  const lines = read(
    packet('unborn HEAD symref-target:refs/heads/main\n'),
    packet(`${a} refs/heads/main\n`),
    packet(`${b} refs/tags/v1 peeled:${a}\n`),
    flushPacket,
  )
  assert.deepEqual(
    [...parseLsRefs(lines)],
    [
      ['refs/heads/main', { hash: a }],
      ['refs/tags/v1', { hash: b, peeled: a }],
    ],
  )
})

test('refs of the old protocol, and of an empty repository', () => {
  const full = read(
    packet('# service=git-upload-pack\n'),
    flushPacket,
    packet(`${a} HEAD\0multi_ack side-band-64k\n`),
    packet(`${a} refs/heads/main\n`),
    packet(`${b} refs/tags/v1\n`),
    packet(`${a} refs/tags/v1^{}\n`),
    delimiterPacket,
  )
  assert.deepEqual([...parseAdvertisement(full).keys()], ['HEAD', 'refs/heads/main', 'refs/tags/v1'])
  assert.deepEqual(parseAdvertisement(full).get('refs/tags/v1'), { hash: b, peeled: a })
  assert.equal(parseAdvertisement(read(packet(`${'0'.repeat(40)} capabilities^{}\0agent=git\n`))).size, 0)
})
