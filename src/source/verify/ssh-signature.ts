import { createHash, verify } from 'node:crypto'
import { byteReader } from '../../openpgp/byte-reader.ts'
import { parseSshKey, type SshKey } from './authorized-keys.ts'
import { signaturePair } from './der.ts'

/** A signature in the form of OpenSSH's PROTOCOL.sshsig. */
export interface SshSignature {
  readonly key: SshKey
  readonly namespace: string
  readonly hash: 'sha256' | 'sha512'
  readonly format: string
  readonly value: Buffer
  /** Flags and counter of a security token. */
  readonly token: Buffer
}

const magic = Buffer.from('SSHSIG')

/** Reads the decoded armor; undefined where it is no such signature. */
export function parseSshSignature(blob: Buffer): SshSignature | undefined {
  try {
    const reader = byteReader(blob)
    if (!reader.bytes(6).equals(magic) || reader.uint32() !== 1) return undefined
    const key = parseSshKey(reader.sshString())
    const namespace = reader.sshString().toString()
    reader.sshString()
    const hash = reader.sshString().toString()
    const inner = byteReader(reader.sshString())
    const format = inner.sshString().toString()
    const value = inner.sshString()
    if (key === undefined || (hash !== 'sha256' && hash !== 'sha512')) return undefined
    return { key, namespace, hash, format, value, token: inner.rest() }
  } catch {
    return undefined
  }
}

/** Whether the key in the signature made it over the content, for the namespace. SHA-1 (`ssh-rsa`) does not count. */
export function verifySshSignature(signature: SshSignature, namespace: string, content: Uint8Array): boolean {
  if (signature.namespace !== namespace) return false
  const digest = createHash(signature.hash).update(content).digest()
  const signed = Buffer.concat([
    magic,
    sshString(Buffer.from(namespace)),
    sshString(Buffer.alloc(0)),
    sshString(Buffer.from(signature.hash)),
    sshString(digest),
  ])
  try {
    return checkValue(signature, signed)
  } catch {
    return false
  }
}

function checkValue({ key, format, value, token }: SshSignature, signed: Buffer): boolean {
  if (key.type === 'ssh-rsa') {
    const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[format]
    return hash !== undefined && verify(hash, signed, key.key, value)
  }
  if (format !== key.type) return false
  const data = key.application === undefined ? signed : tokenData(key.application, token, signed)
  if (format.includes('ed25519')) return verify(null, data, key.key, value)
  const pair = byteReader(value)
  const hash = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' }[/nistp\d+/.exec(format)?.[0] ?? '']
  return hash !== undefined && verify(hash, data, key.key, signaturePair(pair.sshString(), pair.sshString()))
}

/** What a security token signs; it must say that somebody touched it. */
function tokenData(application: Buffer, token: Buffer, signed: Buffer): Buffer {
  const [flags, counter] = [token.subarray(0, 1), token.subarray(1, 5)]
  if (token.byteLength !== 5 || ((flags[0] ?? 0) & 1) === 0) throw new Error('no user presence')
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  return Buffer.concat([sha256(application), flags, counter, sha256(signed)])
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.byteLength)
  return Buffer.concat([length, bytes])
}
