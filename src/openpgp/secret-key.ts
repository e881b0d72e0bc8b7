import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'
import { dearmor } from './armor.ts'
import { type ByteReader, byteReader, FormatError } from './byte-reader.ts'
import { packetTag, parsePackets, readMpi } from './packet.ts'

/** A secret key or subkey that a session key can be encrypted for. */
export interface SecretKey {
  /** Hex, 16 digits. */
  readonly keyId: string
  /** The session key as it was put in, its algorithm in front and a check sum behind. Throws where it is for another key. */
  decrypt(algorithm: number, values: ByteReader): Buffer
}

const RSA = new Set([1, 2])
const ECDH = 18
/** Curve25519 in the form of older keys. */
const CURVE25519 = '2b060104019755010501'
const HASHES: Readonly<Record<number, string>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512' }
const WRAPS: Readonly<Record<number, { readonly name: string; readonly bytes: number }>> = {
  7: { name: 'id-aes128-wrap', bytes: 16 },
  8: { name: 'id-aes192-wrap', bytes: 24 },
  9: { name: 'id-aes256-wrap', bytes: 32 },
}

/**
 * The keys of armored private key blocks (RFC 4880 and 9580, version 4) without a passphrase: RSA, and ECDH on Curve25519.
 * Those of other kinds are left out. Throws an `Error` where a text holds no private key, or one with a passphrase.
 */
export function readSecretKeys(text: string): readonly SecretKey[] {
  const blocks = dearmor(text, 'PGP PRIVATE KEY BLOCK')
  if (blocks.length === 0) throw new Error('the text has no PGP PRIVATE KEY BLOCK')
  const packets = blocks.flatMap(parsePackets)
  return packets
    .filter(({ tag }) => tag === packetTag.secretKey || tag === packetTag.secretSubkey)
    .flatMap(({ body }) => readSecretKey(body) ?? [])
}

function readSecretKey(body: Buffer): SecretKey | undefined {
  const reader = byteReader(body)
  if (reader.byte() !== 4) return undefined
  reader.uint32()
  const algorithm = reader.byte()
  const open = RSA.has(algorithm) ? openRsa(reader) : algorithm === ECDH ? openEcdh(reader) : undefined
  if (open === undefined) return undefined
  const publicPart = body.subarray(0, body.length - reader.left)
  const usage = reader.byte()
  if (usage !== 0) throw new Error('the private key has a passphrase; export it without one')
  const length = publicPart.length
  const fingerprint = createHash('sha1')
    .update(Buffer.concat([Buffer.of(0x99, length >> 8, length & 0xff), publicPart]))
    .digest()
  return { keyId: fingerprint.subarray(12).toString('hex'), decrypt: open(reader, fingerprint) }
}

/** Reads the public part; what is given back reads the secret part and makes the decryption. */
type Open = (secret: ByteReader, fingerprint: Buffer) => SecretKey['decrypt']

function openRsa(reader: ByteReader): Open {
  const [n, e] = [readMpi(reader), readMpi(reader)]
  return secret => {
    const [d, p, q] = [readMpi(secret), readMpi(secret), readMpi(secret)]
    const key = rsaPrivateKey(n, e, d, p, q)
    return (algorithm, values) => {
      if (!RSA.has(algorithm)) throw new FormatError('the message is not for an RSA key')
      const encrypted = readMpi(values)
      const padded = Buffer.concat([Buffer.alloc(n.length - encrypted.length), encrypted])
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, padded)
    }
  }
}

function rsaPrivateKey(n: Buffer, e: Buffer, d: Buffer, p: Buffer, q: Buffer): KeyObject {
  const number = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)
  const bytes = (value: bigint) =>
    Buffer.from(value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), '0'), 'hex')
  const exponent = (prime: Buffer) => bytes(number(d) % (number(prime) - 1n))
  const [dp, dq] = [exponent(p), exponent(q)]
  const qi = bytes(inverse(number(q), number(p)))
  const fields = Object.entries({ n, e, d, p, q, dp, dq, qi }).map(([name, part]) => [name, part.toString('base64url')])
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...Object.fromEntries(fields) } })
}

/** Of a number modulo a prime, by the extended Euclidean algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, value % modulus, 0n, 1n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1]
  }
  return t0 < 0n ? t0 + modulus : t0
}

function openEcdh(reader: ByteReader): Open | undefined {
  const curve = reader.bytes(reader.byte())
  readMpi(reader)
  const parameters = reader.bytes(reader.byte())
  const [, hashId = 0, cipherId = 0] = parameters
  const hash = HASHES[hashId]
  const wrap = WRAPS[cipherId]
  if (curve.toString('hex') !== CURVE25519 || hash === undefined || wrap === undefined) return undefined
  return (secret, fingerprint) => {
    // The number is in the other byte order than the key of RFC 7748.
    const number = readMpi(secret)
    const scalar = Buffer.concat([Buffer.alloc(32 - number.length), number]).reverse()
    const key = createPrivateKey({ key: pkcs8(scalar), format: 'der', type: 'pkcs8' })
    return (algorithm, values) => {
      if (algorithm !== ECDH) throw new FormatError('the message is not for an ECDH key')
      const point = readMpi(values)
      if (point[0] !== 0x40) throw new FormatError('the message has no point of Curve25519')
      const publicKey = createPublicKey({ key: spki(point.subarray(1)), format: 'der', type: 'spki' })
      const shared = diffieHellman({ privateKey: key, publicKey })
      const info = Buffer.concat([
        Buffer.of(curve.length),
        curve,
        Buffer.of(ECDH, parameters.length),
        parameters,
        Buffer.from('Anonymous Sender    '),
        fingerprint,
      ])
      const derived = createHash(hash)
        .update(Buffer.of(0, 0, 0, 1))
        .update(shared)
        .update(info)
        .digest()
      const unwrap = createDecipheriv(wrap.name, derived.subarray(0, wrap.bytes), Buffer.alloc(8, 0xa6))
      const padded = Buffer.concat([unwrap.update(values.bytes(values.byte())), unwrap.final()])
      return padded.subarray(0, padded.length - (padded.at(-1) ?? 0))
    }
  }
}

/** The DER forms of X25519 keys (RFC 8410). */
function pkcs8(key: Buffer): Buffer {
  return Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), key])
}

function spki(key: Buffer): Buffer {
  return Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), key])
}
