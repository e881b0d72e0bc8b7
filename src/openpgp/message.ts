import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { inflateRawSync, inflateSync } from 'node:zlib'
import { dearmor } from './armor.ts'
import { byteReader, FormatError } from './byte-reader.ts'
import { packetTag, parsePackets } from './packet.ts'
import type { SecretKey } from './secret-key.ts'

const CIPHERS: Readonly<Record<number, { readonly name: string; readonly key: number }>> = {
  7: { name: 'aes-128-cfb', key: 16 },
  8: { name: 'aes-192-cfb', key: 24 },
  9: { name: 'aes-256-cfb', key: 32 },
}
const BLOCK = 16
const ANYBODY = '0'.repeat(16)
const LIMIT = 16 * 1024 * 1024

/**
 * The content of an armored message that is encrypted for one of the keys: AES, with protection of its integrity (version 1).
 * Undefined where it is for none of them. Throws an `Error` where the message is broken or of another kind.
 */
export function decryptMessage(text: string, keys: readonly SecretKey[]): Buffer | undefined {
  const packets = dearmor(text, 'PGP MESSAGE').flatMap(parsePackets)
  const data = packets.find(({ tag }) => tag === packetTag.protectedData)
  if (data === undefined) throw new Error('the text is no PGP MESSAGE with protected data')
  for (const { tag, body } of packets) {
    const session = tag === packetTag.encryptedSessionKey ? sessionKeyOf(body, keys) : undefined
    if (session !== undefined) return literalIn(openData(data.body, session))
  }
  return undefined
}

interface SessionKey {
  readonly cipher: string
  readonly key: Buffer
}

function sessionKeyOf(body: Buffer, keys: readonly SecretKey[]): SessionKey | undefined {
  const reader = byteReader(body)
  if (reader.byte() !== 3) return undefined
  const keyId = reader.bytes(8).toString('hex')
  const algorithm = reader.byte()
  const values = reader.rest()
  for (const key of keys) {
    if (keyId !== ANYBODY && key.keyId !== keyId) continue
    try {
      return readSessionKey(key.decrypt(algorithm, byteReader(values)))
    } catch (error) {
      // A message that hides its reader has to be tried with every key.
      if (keyId !== ANYBODY) throw error
    }
  }
  return undefined
}

/** The cipher's number, the key, and the sum of the key's bytes. */
function readSessionKey(plain: Buffer): SessionKey {
  const cipher = CIPHERS[plain[0] ?? 0]
  if (cipher === undefined || plain.length !== cipher.key + 3) throw new FormatError('the session key is for no AES')
  const key = plain.subarray(1, 1 + cipher.key)
  const sum = key.reduce((total, byte) => (total + byte) & 0xffff, 0)
  if (plain.readUInt16BE(1 + cipher.key) !== sum) throw new FormatError('the session key is broken')
  return { cipher: cipher.name, key }
}

/** CFB from a zero vector; a random block with its last two bytes again in front, a SHA-1 over everything behind. */
function openData(body: Buffer, { cipher, key }: SessionKey): Buffer {
  if (body[0] !== 1) throw new Error('the message is protected in a way that is not known here')
  const decipher = createDecipheriv(cipher, key, Buffer.alloc(BLOCK))
  const plain = Buffer.concat([decipher.update(body.subarray(1)), decipher.final()])
  if (plain.length < BLOCK + 2 + 22) throw new FormatError('the message is cut short')
  const content = plain.subarray(0, plain.length - 20)
  const sum = createHash('sha1').update(content).digest()
  const isWhole = content.at(-2) === 0xd3 && content.at(-1) === 0x14
  if (!isWhole || !timingSafeEqual(sum, plain.subarray(plain.length - 20)))
    throw new Error('the message was changed since it was encrypted')
  return plain.subarray(BLOCK + 2, plain.length - 22)
}

/** The data of the literal packet, compressed or not. */
function literalIn(bytes: Buffer): Buffer {
  for (const { tag, body } of parsePackets(bytes)) {
    if (tag === packetTag.literal) {
      const reader = byteReader(body)
      reader.byte()
      reader.bytes(reader.byte())
      reader.uint32()
      return reader.rest()
    }
    if (tag === packetTag.compressed) return literalIn(inflated(body))
  }
  throw new Error('the message has no content')
}

function inflated(body: Buffer): Buffer {
  const data = body.subarray(1)
  switch (body[0]) {
    case 0:
      return data
    case 1:
      return inflateRawSync(data, { maxOutputLength: LIMIT })
    case 2:
      return inflateSync(data, { maxOutputLength: LIMIT })
    default:
      throw new Error('the message is compressed in a way that is not known here')
  }
}
