import { type Packet, type PgpSignature, packetTag, parsePackets, parseSignature } from '../../openpgp/packet.ts'
import { framed, type PgpKey, parseKey, verifies } from './openpgp-key.ts'

/** A key that may sign, with the signature that says so. */
interface Binding {
  readonly key: PgpKey
  readonly binding: PgpSignature | undefined
  readonly revoked: boolean
}

/** A public key with its user IDs and subkeys, as far as the key itself vouches for them. */
export interface PgpCertificate {
  readonly primary: PgpKey
  readonly bindings: readonly Binding[]
}

/** The certificates of one decoded key block. Parts that do not hold together are left out. */
export function parseCertificates(block: Buffer): PgpCertificate[] {
  const groups: Packet[][] = []
  for (const packet of parsePackets(block)) {
    if (packet.tag === packetTag.publicKey) groups.push([packet])
    else groups.at(-1)?.push(packet)
  }
  return groups.map(assemble).filter(certificate => certificate !== undefined)
}

interface Component {
  readonly packet: Packet
  readonly signatures: PgpSignature[]
}

function assemble(packets: readonly Packet[]): PgpCertificate | undefined {
  const components: Component[] = []
  for (const packet of packets) {
    if (packet.tag === packetTag.signature) {
      const signature = parseSignature(packet.body)
      if (signature !== undefined) components.at(-1)?.signatures.push(signature)
    } else components.push({ packet, signatures: [] })
  }
  const [head, ...parts] = components
  const primary = head === undefined ? undefined : parseKey(head.packet.body)
  if (head === undefined || primary === undefined) return undefined
  const users = parts.filter(part => part.packet.tag === packetTag.userId)
  const self = selfSignature(primary, users)
  if (self === undefined) return undefined
  const revoked = head.signatures.some(
    signature => signature.type === 0x20 && verifies(primary, signature, [framed(primary.body)], true),
  )
  const subkeys = parts
    .filter(part => part.packet.tag === packetTag.publicSubkey)
    .map(part => bindSubkey(primary, part))
    .filter(subkey => subkey !== undefined)
  return { primary, bindings: [{ key: primary, binding: self, revoked }, ...subkeys] }
}

/** The newest statement of a key about itself: the certification of its primary user ID, one that is not revoked. */
function selfSignature(primary: PgpKey, users: readonly Component[]): PgpSignature | undefined {
  const statements = users.flatMap(({ packet, signatures }) => {
    const data = [framed(primary.body), Buffer.of(0xb4), lengthOf(packet.body), packet.body]
    const own = signatures.filter(signature => verifies(primary, signature, data, true))
    const newest = latest(own.filter(signature => signature.type >= 0x10 && signature.type <= 0x13))
    const revocation = latest(own.filter(signature => signature.type === 0x30))
    return newest === undefined || (revocation !== undefined && revocation.created >= newest.created) ? [] : [newest]
  })
  return latest(statements.filter(statement => statement.primaryUserId)) ?? latest(statements)
}

/** A subkey that may sign has to sign its binding as well, or anybody could adopt it. */
function bindSubkey(primary: PgpKey, { packet, signatures }: Component): Binding | undefined {
  const key = parseKey(packet.body)
  if (key === undefined) return undefined
  const data = [framed(primary.body), framed(key.body)]
  const own = signatures.filter(signature => verifies(primary, signature, data, true))
  const binding = latest(own.filter(signature => signature.type === 0x18))
  const back = binding?.embedded
  if (binding === undefined || back?.type !== 0x19 || !verifies(key, back, data, true)) return undefined
  return { key, binding, revoked: own.some(signature => signature.type === 0x28) }
}

function latest(signatures: readonly PgpSignature[]): PgpSignature | undefined {
  return signatures.reduce<PgpSignature | undefined>(
    (newest, signature) => (newest === undefined || signature.created >= newest.created ? signature : newest),
    undefined,
  )
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.byteLength)
  return length
}

export type PgpVerdict = 'valid' | 'no-key' | 'mismatch' | 'revoked' | 'expired'

/**
 * Whether a key of the certificate made the signature over the content, as of `now` (seconds). Revoked and expired keys do
 * not count, whenever they signed: nobody can prove when that was.
 */
export function verifyWith(
  certificate: PgpCertificate,
  signature: PgpSignature,
  content: Uint8Array,
  now: number,
): PgpVerdict {
  const [main] = certificate.bindings
  const candidates = certificate.bindings.filter(({ key, binding }) => names(signature, key) && maySign(binding))
  if (main === undefined || candidates.length === 0) return 'no-key'
  const data = [signature.type === 1 ? canonicalText(content) : content]
  const signer = candidates.find(({ key }) => verifies(key, signature, data))
  if (signer === undefined) return 'mismatch'
  if (main.revoked || signer.revoked) return 'revoked'
  const over = [main, signer].some(({ key, binding }) => isOver(key.created, binding?.keyExpires, now))
  return over || isOver(signature.created, signature.expires, now) ? 'expired' : 'valid'
}

function names({ issuerFingerprint, issuerKeyId }: PgpSignature, key: PgpKey): boolean {
  if (issuerFingerprint !== undefined) return issuerFingerprint === key.fingerprint
  return issuerKeyId === key.keyId
}

/** Bit 2 of the key flags; keys from before there were flags may. */
function maySign(binding: PgpSignature | undefined): boolean {
  return binding?.keyFlags === undefined || (binding.keyFlags & 2) !== 0
}

function isOver(start: number, seconds: number | undefined, now: number): boolean {
  return seconds !== undefined && seconds !== 0 && start + seconds < now
}

function canonicalText(content: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(content).toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
}
