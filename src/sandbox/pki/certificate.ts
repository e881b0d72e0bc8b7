import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bits, context, element, integer, octets, oid, pem, sequence, set, time, utf8, yes } from './der.ts'

/** A P-256 key with its certificate, both as PEM too. */
export interface Identity {
  readonly certificate: string
  readonly key: string
  readonly privateKey: KeyObject
  readonly name: CertificateName
}

/** The subject: who, and (as organisations) which groups, which is how Kubernetes reads client certificates. */
export interface CertificateName {
  readonly commonName: string
  readonly organizations?: readonly string[]
}

export interface CertificateRequest {
  readonly name: CertificateName
  readonly use: 'authority' | 'server' | 'client'
  /** DNS names and IPv4 addresses that a server answers to. */
  readonly hosts?: readonly string[]
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

/** Issues an X.509 v3 certificate (RFC 5280) for a new P-256 key; signed by `issuer`, or by itself when left out. */
export function issue(request: CertificateRequest, issuer?: Identity): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const body = sequence(
    context(0, true, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    distinguishedName(issuer?.name ?? request.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request.name),
    spki,
    context(3, true, sequence(...extensions(request, spki))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  return {
    certificate: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bits(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
    name: request.name,
  }
}

function distinguishedName({ commonName, organizations = [] }: CertificateName): Buffer {
  const attribute = (id: string, text: string) => set(sequence(oid(id), utf8(text)))
  return sequence(...organizations.map(text => attribute('2.5.4.10', text)), attribute('2.5.4.3', commonName))
}

function extensions({ use, hosts = [] }: CertificateRequest, spki: Uint8Array): Buffer[] {
  const extension = (id: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(id), ...(critical ? [yes()] : []), octets(value))
  const keyId = createHash('sha1').update(spki.subarray(26)).digest()
  if (use === 'authority')
    return [
      extension('2.5.29.19', true, sequence(yes())),
      extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)),
      extension('2.5.29.14', false, octets(keyId)),
    ]
  const purpose = use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'
  const names = hosts.map(host =>
    isIPv4(host) ? context(7, false, Buffer.from(host.split('.').map(Number))) : context(2, false, Buffer.from(host)),
  )
  return [
    extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)),
    extension('2.5.29.37', false, sequence(oid(purpose))),
    extension('2.5.29.19', true, element(0x30)),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names))]),
  ]
}
