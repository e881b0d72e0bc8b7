import { createHash, type KeyObject, verify } from 'node:crypto'
import { byteReader, FormatError } from '../../openpgp/byte-reader.ts'
import { type PgpSignature, readMpi } from '../../openpgp/packet.ts'
import { dsaKey, ecKey, edKey, rsaKey, signaturePair } from './der.ts'

/** A version 4 public key or subkey. `body` is the packet's content, which certificates sign. */
export interface PgpKey {
  readonly algorithm: number
  readonly created: number
  readonly fingerprint: string
  readonly keyId: string
  readonly body: Buffer
  readonly key: KeyObject
}

const ed25519Curve = '2b06010401da470f01'

/** Reads the content of a key packet; undefined for versions and algorithms that cannot sign here. */
export function parseKey(body: Buffer): PgpKey | undefined {
  const reader = byteReader(body)
  if (reader.byte() !== 4) return undefined
  const created = reader.uint32()
  const algorithm = reader.byte()
  const key = importKey(algorithm, reader.rest())
  if (key === undefined) return undefined
  const fingerprint = createHash('sha1').update(framed(body)).digest('hex')
  return { algorithm, created, fingerprint, keyId: fingerprint.slice(24), body, key }
}

/** A key packet as signatures over keys take it in. */
export function framed(body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x99, body.byteLength >> 8, body.byteLength & 0xff), body])
}

function importKey(algorithm: number, material: Buffer): KeyObject | undefined {
  const reader = byteReader(material)
  try {
    if (algorithm === 1 || algorithm === 3) return rsaKey(readMpi(reader), readMpi(reader))
    if (algorithm === 17) return dsaKey(readMpi(reader), readMpi(reader), readMpi(reader), readMpi(reader))
    if (algorithm === 19) return ecKey(reader.bytes(reader.byte()), readMpi(reader))
    if (algorithm === 22) {
      const curve = reader.bytes(reader.byte()).toString('hex')
      const point = readMpi(reader)
      return curve === ed25519Curve && point[0] === 0x40 ? edKey('ed25519', point.subarray(1)) : undefined
    }
    if (algorithm === 27) return edKey('ed25519', reader.bytes(32))
    if (algorithm === 28) return edKey('ed448', reader.bytes(57))
    return undefined
  } catch (error) {
    if (error instanceof FormatError) throw error
    // OpenSSL does not take it for a key: weak, or not on the curve.
    return undefined
  }
}

const hashNames: Readonly<Record<number, string>> = {
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
  12: 'sha3-256',
  14: 'sha3-512',
}

/**
 * Whether the key made the signature over the data. SHA-1 counts only where `allowSha1` says so: in the signatures that
 * hold old keys together, never for content.
 */
export function verifies(
  key: PgpKey,
  signature: PgpSignature,
  data: readonly Uint8Array[],
  allowSha1 = false,
): boolean {
  const hash = hashNames[signature.hashAlgorithm]
  if (hash === undefined || (hash === 'sha1' && !allowSha1)) return false
  if (signature.unknownCritical || !sameAlgorithm(key.algorithm, signature.keyAlgorithm)) return false
  const length = Buffer.alloc(4)
  length.writeUInt32BE(signature.hashed.byteLength)
  const signed = Buffer.concat([...data, signature.hashed, Buffer.of(4, 0xff), length])
  const digest = createHash(hash).update(signed).digest()
  if (!digest.subarray(0, 2).equals(signature.digestStart)) return false
  try {
    return check(key, signature, hash, signed, digest)
  } catch {
    return false
  }
}

function sameAlgorithm(key: number, signature: number): boolean {
  return key === signature || (key === 3 && signature === 1) || (key === 1 && signature === 3)
}

function check(key: PgpKey, { values }: PgpSignature, hash: string, signed: Buffer, digest: Buffer): boolean {
  const reader = byteReader(values)
  if (key.algorithm === 27 || key.algorithm === 28) return verify(null, digest, key.key, values)
  const first = readMpi(reader)
  if (key.algorithm === 1 || key.algorithm === 3) {
    const size = Math.ceil((key.key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    return verify(hash, signed, key.key, padded(first, size))
  }
  const second = readMpi(reader)
  if (key.algorithm === 22) return verify(null, digest, key.key, Buffer.concat([padded(first, 32), padded(second, 32)]))
  return verify(hash, signed, key.key, signaturePair(first, second))
}

function padded(bytes: Buffer, size: number): Buffer {
  if (bytes.byteLength > size) throw new FormatError('number is too large')
  return Buffer.concat([Buffer.alloc(size - bytes.byteLength), bytes])
}
