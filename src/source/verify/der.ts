import { createPublicKey, type KeyObject } from 'node:crypto'

/** ASN.1 DER, as little of it as public keys need: tag, length, content. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const length =
    body.byteLength < 0x80
      ? Buffer.of(body.byteLength)
      : body.byteLength < 0x100
        ? Buffer.of(0x81, body.byteLength)
        : Buffer.of(0x82, body.byteLength >> 8, body.byteLength & 0xff)
  return Buffer.concat([Buffer.of(tag), length, body])
}

/** A positive integer from its big-endian bytes. */
function integer(bytes: Uint8Array): Buffer {
  let at = 0
  while (at < bytes.byteLength - 1 && bytes[at] === 0) at++
  const value = bytes.subarray(at)
  return element(2, (value[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.of(), value)
}

const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts)
const objectId = (bytes: Uint8Array) => element(6, bytes)
const bitString = (bytes: Uint8Array) => element(3, Buffer.of(0), bytes)

const oid = {
  rsa: Buffer.from('2a864886f70d010101', 'hex'),
  dsa: Buffer.from('2a8648ce380401', 'hex'),
  ec: Buffer.from('2a8648ce3d0201', 'hex'),
  ed25519: Buffer.from('2b6570', 'hex'),
  ed448: Buffer.from('2b6571', 'hex'),
}

function importKey(algorithm: Uint8Array, key: Uint8Array): KeyObject {
  return createPublicKey({ key: sequence(algorithm, bitString(key)), format: 'der', type: 'spki' })
}

/** All throw where OpenSSL does not take the numbers for a key. */
export function rsaKey(modulus: Uint8Array, exponent: Uint8Array): KeyObject {
  return importKey(sequence(objectId(oid.rsa), element(5)), sequence(integer(modulus), integer(exponent)))
}

export function dsaKey(p: Uint8Array, q: Uint8Array, g: Uint8Array, y: Uint8Array): KeyObject {
  return importKey(sequence(objectId(oid.dsa), sequence(integer(p), integer(q), integer(g))), integer(y))
}

/** `curve` is the content of the curve's object identifier, `point` uncompressed (`04…`). */
export function ecKey(curve: Uint8Array, point: Uint8Array): KeyObject {
  return importKey(sequence(objectId(oid.ec), objectId(curve)), point)
}

export function edKey(kind: 'ed25519' | 'ed448', point: Uint8Array): KeyObject {
  return importKey(sequence(objectId(oid[kind])), point)
}

/** The pair of numbers that DSA and ECDSA signatures consist of. */
export function signaturePair(r: Uint8Array, s: Uint8Array): Buffer {
  return sequence(integer(r), integer(s))
}
