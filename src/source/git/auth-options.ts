import { createPrivateKey } from 'node:crypto'
import { type GitCredentials, splitUserInfo } from './credentials.ts'

/** Secret data, decoded. Keys other than the known ones mean nothing. */
export type SecretData = Readonly<Record<string, string>>

/** Credentials for a URL, or why the Secret is no good for it. */
export type AuthResult =
  | { readonly ok: true; readonly credentials: GitCredentials }
  | { readonly ok: false; readonly error: string }

/** What one transport needs; `transport` is the URL's scheme. */
export interface AuthOptions {
  readonly transport: string
  readonly host: string
  readonly username: string
  readonly password: string
  readonly identity: string
  readonly knownHosts: string
}

/**
 * Makes credentials of a Secret's data and a URL. Only what the URL's transport can use is taken: `identity`, `known_hosts`
 * and `password` for SSH; the rest for HTTP(S). `ca.crt` goes before the older `caFile`. User and password in the URL give
 * way to those of the Secret. Over SSH the user is `git` where nobody says otherwise.
 */
export function authFromSecret(url: string, data: SecretData = {}): AuthResult {
  const { url: plain, username: urlUser = '', password: urlPassword = '' } = splitUserInfo(url)
  const [, transport = '', host = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(plain) ?? []
  const ssh = transport === 'ssh'
  const options: AuthOptions = {
    transport,
    host,
    username: data['username'] ?? (urlUser === '' && ssh ? 'git' : urlUser),
    password: data['password'] ?? urlPassword,
    identity: data['identity'] ?? '',
    knownHosts: data['known_hosts'] ?? '',
  }
  const error = validateAuth(options)
  if (error !== undefined) return { ok: false, error }
  return { ok: true, credentials: ssh ? sshCredentials(options, data) : httpCredentials(options, data) }
}

function sshCredentials(options: AuthOptions, data: SecretData): GitCredentials {
  return defined({
    // The Secret's user is that of HTTP; the one of the URL counts here, and it is in the URL already.
    identity: options.identity,
    knownHosts: options.knownHosts,
    password: data['password'],
  })
}

function httpCredentials(options: AuthOptions, data: SecretData): GitCredentials {
  const bearer = data['bearerToken']
  return defined({
    ...(bearer === undefined ? { username: options.username, password: options.password } : { bearerToken: bearer }),
    ca: data['ca.crt'] ?? data['caFile'],
    clientCert: data['tls.crt'] ?? data['certFile'],
    clientKey: data['tls.key'] ?? data['keyFile'],
  })
}

/** Why options cannot work, in Flux's words; undefined where they can. */
export function validateAuth(options: AuthOptions): string | undefined {
  const { transport, host, username, password, identity, knownHosts } = options
  const requires = (what: string) => `invalid '${transport}' auth option: '${what}' is required`
  switch (transport) {
    case 'http':
    case 'https':
      return password !== '' && username === ''
        ? `invalid '${transport}' auth option: 'password' requires 'username' to be set`
        : undefined
    case 'ssh':
      if (host === '') return requires('host')
      if (identity === '') return requires('identity')
      return knownHosts === '' ? requires('known_hosts') : undefined
    case '':
      return 'no transport type set'
    default:
      return `unknown transport '${transport}'`
  }
}

/** Whether a private key asks for a passphrase. Text that is no key at all does not. */
export function isEncryptedKey(pem: string): boolean {
  if (/ENCRYPTED/.test(pem)) return true
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1]
  if (body === undefined) return false
  // Magic `openssh-key-v1\0`, then the cipher's name with its length in front.
  const bytes = Buffer.from(body, 'base64')
  const length = bytes.byteLength > 19 ? bytes.readUInt32BE(15) : 0
  return length > 0 && bytes.toString('latin1', 19, 19 + length) !== 'none'
}

/** Whether Node can read the key with the passphrase; OpenSSH's own format is left to ssh. */
export function isReadableKey(pem: string, passphrase: string | undefined): boolean {
  if (pem.includes('OPENSSH')) return true
  try {
    createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
    return true
  } catch {
    return false
  }
}

function defined(values: Readonly<Record<string, string | undefined>>): GitCredentials {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''))
}
