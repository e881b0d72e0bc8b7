import { createHash, type KeyObject } from 'node:crypto'
import { byteReader } from '../../openpgp/byte-reader.ts'
import { dsaKey, ecKey, edKey, rsaKey } from './der.ts'

/** A public key of SSH. `application` belongs to keys that live in a security token. */
export interface SshKey {
  readonly type: string
  readonly blob: Buffer
  readonly key: KeyObject
  readonly fingerprint: string
  readonly application?: Buffer
}

const curves: Readonly<Record<string, string>> = {
  nistp256: '2a8648ce3d030107',
  nistp384: '2b81040022',
  nistp521: '2b81040023',
}

/** The keys of an authorized_keys text; the line that is neither empty, comment nor key is named instead. */
export function parseAuthorizedKeys(
  text: string,
): { readonly ok: true; readonly keys: readonly SshKey[] } | { readonly ok: false; readonly line: number } {
  const keys: SshKey[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const key = parseLine(trimmed)
    if (key === undefined) return { ok: false, line: index + 1 }
    keys.push(key)
  }
  return { ok: true, keys }
}

/** `[options] type base64 [comment]`; blanks inside quotes belong to the options. */
function parseLine(line: string): SshKey | undefined {
  const direct = parsePair(line)
  if (direct !== undefined) return direct
  const options = /^(?:[^\s"]|"(?:[^"\\]|\\.)*")+\s+/.exec(line)
  return options === null ? undefined : parsePair(line.slice(options[0].length))
}

function parsePair(text: string): SshKey | undefined {
  const [type = '', base64 = ''] = text.split(/\s+/, 2)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const key = parseSshKey(Buffer.from(base64, 'base64'))
  return key?.type === type ? key : undefined
}

/** A key in the wire form; undefined where it is none, or of a kind that is not known. */
export function parseSshKey(blob: Buffer): SshKey | undefined {
  try {
    const reader = byteReader(blob)
    const type = reader.sshString().toString('latin1')
    const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
    const base = { type, blob, fingerprint }
    if (type === 'ssh-ed25519') return { ...base, key: edKey('ed25519', reader.sshString()) }
    if (type === 'sk-ssh-ed25519@openssh.com')
      return { ...base, key: edKey('ed25519', reader.sshString()), application: reader.sshString() }
    if (type === 'ssh-rsa') {
      const exponent = reader.sshString()
      return { ...base, key: rsaKey(reader.sshString(), exponent) }
    }
    if (type === 'ssh-dss') {
      const [p, q, g, y] = [reader.sshString(), reader.sshString(), reader.sshString(), reader.sshString()]
      return { ...base, key: dsaKey(p, q, g, y) }
    }
    const curve = /^(?:sk-)?ecdsa-sha2-(nistp\d+)(?:@openssh\.com)?$/.exec(type)?.[1]
    const oid = curve === undefined ? undefined : curves[curve]
    if (oid === undefined || reader.sshString().toString('latin1') !== curve) return undefined
    const key = ecKey(Buffer.from(oid, 'hex'), reader.sshString())
    return type.startsWith('sk-') ? { ...base, key, application: reader.sshString() } : { ...base, key }
  } catch {
    return undefined
  }
}
