import { type ByteReader, byteReader, FormatError } from './byte-reader.ts'

/** A packet of RFC 9580, section 4: its type and content. */
export interface Packet {
  readonly tag: number
  readonly body: Buffer
}

export const packetTag = {
  encryptedSessionKey: 1,
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  compressed: 8,
  literal: 11,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  protectedData: 18,
} as const

/** Cuts a block into packets. Throws `FormatError` on broken lengths. */
export function parsePackets(bytes: Buffer): Packet[] {
  const reader = byteReader(bytes)
  const packets: Packet[] = []
  while (reader.left > 0) {
    const head = reader.byte()
    if ((head & 0x80) === 0) throw new FormatError('no OpenPGP packet')
    packets.push(
      (head & 0x40) !== 0
        ? { tag: head & 0x3f, body: newBody(reader) }
        : { tag: (head >> 2) & 0x0f, body: oldBody(reader, head & 3) },
    )
  }
  return packets
}

function oldBody(reader: ByteReader, lengthType: number): Buffer {
  if (lengthType === 0) return reader.bytes(reader.byte())
  if (lengthType === 1) return reader.bytes(reader.uint16())
  return lengthType === 2 ? reader.bytes(reader.uint32()) : reader.rest()
}

function newBody(reader: ByteReader): Buffer {
  const parts: Buffer[] = []
  while (true) {
    const first = reader.byte()
    if (first >= 224 && first < 255) {
      parts.push(reader.bytes(1 << (first & 0x1f)))
      continue
    }
    parts.push(reader.bytes(variableLength(reader, first)))
    return Buffer.concat(parts)
  }
}

/** The length of one, two or five bytes that new packets and subpackets share. */
function variableLength(reader: ByteReader, first: number): number {
  if (first < 192) return first
  return first < 255 ? ((first - 192) << 8) + reader.byte() + 192 : reader.uint32()
}

/** A version 4 signature. `hashed` are the bytes that are signed along with the data. Times are seconds since 1970. */
export interface PgpSignature {
  readonly type: number
  readonly keyAlgorithm: number
  readonly hashAlgorithm: number
  readonly hashed: Buffer
  readonly digestStart: Buffer
  readonly created: number
  /** Seconds after `created`; 0 or undefined: never. */
  readonly expires?: number
  readonly keyExpires?: number
  readonly keyFlags?: number
  readonly issuerKeyId?: string
  readonly issuerFingerprint?: string
  readonly primaryUserId?: boolean
  readonly embedded?: PgpSignature
  /** A critical subpacket that is not known here: the signature must not be believed. */
  readonly unknownCritical: boolean
  readonly values: Buffer
}

interface Subpackets {
  created?: number
  expires?: number
  keyExpires?: number
  keyFlags?: number
  issuerKeyId?: string
  issuerFingerprint?: string
  primaryUserId?: boolean
  embedded?: PgpSignature
  unknownCritical?: boolean
}

/** Reads the content of a signature packet; undefined for other versions than 4. */
export function parseSignature(body: Buffer): PgpSignature | undefined {
  const reader = byteReader(body)
  if (reader.byte() !== 4) return undefined
  const [type, keyAlgorithm, hashAlgorithm] = [reader.byte(), reader.byte(), reader.byte()]
  const hashedArea = reader.bytes(reader.uint16())
  const hashed = body.subarray(0, 6 + hashedArea.byteLength)
  const unhashed = parseSubpackets(reader.bytes(reader.uint16()))
  const digestStart = reader.bytes(2)
  const trusted = parseSubpackets(hashedArea)
  // Only hints and what carries a signature of its own may come from the part that is not signed.
  const { issuerKeyId, issuerFingerprint, embedded } = { ...unhashed, ...trusted }
  return {
    unknownCritical: false,
    ...trusted,
    ...(issuerKeyId === undefined ? {} : { issuerKeyId }),
    ...(issuerFingerprint === undefined ? {} : { issuerFingerprint }),
    ...(embedded === undefined ? {} : { embedded }),
    type,
    keyAlgorithm,
    hashAlgorithm,
    hashed,
    digestStart,
    created: trusted.created ?? 0,
    values: reader.rest(),
  }
}

/** Subpackets that may be critical because what they say is either obeyed or harmless here. */
const understood = new Set([2, 3, 4, 5, 7, 9, 11, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34])

function parseSubpackets(area: Buffer): Subpackets {
  const reader = byteReader(area)
  const found: Subpackets = {}
  while (reader.left > 0) {
    const packet = byteReader(reader.bytes(variableLength(reader, reader.byte())))
    const head = packet.byte()
    const critical = (head & 0x80) !== 0
    const type = head & 0x7f
    if (type === 2) found.created = packet.uint32()
    else if (type === 3) found.expires = packet.uint32()
    else if (type === 9) found.keyExpires = packet.uint32()
    else if (type === 16) found.issuerKeyId = packet.bytes(8).toString('hex')
    // Critical notations are statements that nobody here understands.
    else if (type === 20 && critical) found.unknownCritical = true
    else if (type === 25) found.primaryUserId = packet.byte() !== 0
    else if (type === 27) found.keyFlags = packet.left > 0 ? packet.byte() : 0
    else if (type === 32) {
      const embedded = parseSignature(packet.rest())
      if (embedded !== undefined) found.embedded = embedded
    } else if (type === 33 && packet.byte() === 4) found.issuerFingerprint = packet.bytes(20).toString('hex')
    else if (critical && !understood.has(type)) found.unknownCritical = true
  }
  return found
}

/** A multiprecision integer: two bytes of length in bits, then the bytes. */
export function readMpi(reader: ByteReader): Buffer {
  return reader.bytes((reader.uint16() + 7) >> 3)
}
