import { dearmor } from '../../openpgp/armor.ts'
import { type PgpSignature, packetTag, parsePackets, parseSignature } from '../../openpgp/packet.ts'
import { parseAuthorizedKeys } from './authorized-keys.ts'
import { type PgpVerdict, parseCertificates, verifyWith } from './openpgp-certificate.ts'
import { parseSshSignature, verifySshSignature } from './ssh-signature.ts'

export type SignatureType = 'openpgp' | 'ssh' | 'x509' | 'unknown'

const markers: readonly (readonly [string, SignatureType])[] = [
  ['-----BEGIN PGP SIGNATURE-----', 'openpgp'],
  ['-----BEGIN SSH SIGNATURE-----', 'ssh'],
  ['-----BEGIN SIGNED MESSAGE-----', 'x509'],
]

/** What kind of signature a text begins with; blanks before it do not matter, nor does what follows. */
export function signatureType(signature: string): SignatureType {
  const text = signature.trimStart()
  return markers.find(([marker]) => text.startsWith(marker))?.[1] ?? 'unknown'
}

/** Who signed: the primary key's ID in hex for OpenPGP, `SHA256:…` for SSH. */
export type Verification =
  | { readonly ok: true; readonly fingerprint: string }
  | { readonly ok: false; readonly error: string }

/**
 * Verifies a detached signature with whichever of the keys made it. `keys` are the texts of a Secret: armored OpenPGP keys,
 * or authorized_keys lines; those of the other kind are passed over.
 */
export function verifySignature(
  signature: string | undefined,
  payload: Uint8Array,
  keys: readonly string[],
  now: number,
): Verification {
  if (signature === undefined || signature.trim() === '') return failed('signature is empty')
  const type = signatureType(signature)
  const armored = (key: string) => key.includes('-----BEGIN PGP')
  if (type === 'openpgp') return verifyPgp(signature, payload, keys.filter(armored), now)
  const lines = keys.filter(key => !armored(key))
  if (type === 'ssh') return verifySsh(signature, payload, lines)
  return failed(`unable to verify signature, detected signature format: ${type}`)
}

const pgpReasons: Readonly<Record<PgpVerdict, string>> = {
  valid: '',
  'no-key': 'no matching key',
  mismatch: 'the signature does not fit the content',
  revoked: 'the key was revoked',
  expired: 'the key or the signature has expired',
}

/** Verifies an OpenPGP signature. `now` is in seconds since 1970. */
export function verifyPgp(
  signature: string,
  payload: Uint8Array,
  keyRings: readonly string[],
  now: number,
): Verification {
  if (signature.trim() === '') return failed('unable to verify payload: signature is empty')
  const type = signatureType(signature)
  if (type !== 'openpgp') return failed(`unable to verify openPGP signature, detected signature format: ${type}`)
  const parsed = readPgpSignatures(signature)
  if (parsed.length === 0) return failed('unable to read the OpenPGP signature')
  let reason = pgpReasons['no-key']
  for (const keyRing of keyRings) {
    for (const certificate of readKeyRing(keyRing)) {
      for (const one of parsed) {
        const verdict = verifyWith(certificate, one, payload, now)
        if (verdict === 'valid') return { ok: true, fingerprint: certificate.primary.keyId.toUpperCase() }
        if (verdict !== 'no-key') reason = pgpReasons[verdict]
      }
    }
  }
  return failed(`unable to verify payload with any of the given key rings: ${reason}`)
}

function readPgpSignatures(text: string): PgpSignature[] {
  try {
    return dearmor(text, 'PGP SIGNATURE')
      .flatMap(parsePackets)
      .filter(packet => packet.tag === packetTag.signature)
      .map(packet => parseSignature(packet.body))
      .filter(signature => signature !== undefined && (signature.type === 0 || signature.type === 1)) as PgpSignature[]
  } catch {
    return []
  }
}

function readKeyRing(text: string): ReturnType<typeof parseCertificates> {
  try {
    return dearmor(text, 'PGP PUBLIC KEY BLOCK').flatMap(parseCertificates)
  } catch {
    return []
  }
}

/** Verifies an SSH signature made for Git. A text with a line that is no key is passed over whole, as in Flux. */
export function verifySsh(signature: string, payload: Uint8Array, authorizedKeys: readonly string[]): Verification {
  if (signature.trim() === '') return failed('unable to verify payload: signature is empty')
  const type = signatureType(signature)
  if (type !== 'ssh') return failed(`unable to verify SSH signature, detected signature format: ${type}`)
  const [block] = dearmor(signature.trimStart(), 'SSH SIGNATURE')
  const parsed = block === undefined ? undefined : parseSshSignature(block)
  if (parsed === undefined) return failed('unable to unarmor SSH signature')
  const texts = authorizedKeys.map(parseAuthorizedKeys)
  const broken = texts.find(text => !text.ok)
  if (broken !== undefined && !texts.some(text => text.ok))
    return failed(`unable to parse authorized key: line ${broken.line} is no public key`)
  const known = texts.some(text => text.ok && text.keys.some(key => key.blob.equals(parsed.key.blob)))
  if (known && verifySshSignature(parsed, 'git', payload)) return { ok: true, fingerprint: parsed.key.fingerprint }
  const reason = known ? 'the signature does not fit the content' : 'no matching key'
  return failed(`unable to verify payload with any of the given authorized keys: ${reason}`)
}

function failed(error: string): Verification {
  return { ok: false, error }
}
