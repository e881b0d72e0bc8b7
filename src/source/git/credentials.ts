import { createHash } from 'node:crypto'

/** How to reach and to convince one remote. Everything in here is secret or may be. */
export interface GitCredentials {
  readonly username?: string
  /** Password of the user; for SSH the passphrase of `identity`. */
  readonly password?: string
  readonly bearerToken?: string
  /** Private key for SSH, PEM or OpenSSH form. */
  readonly identity?: string
  readonly knownHosts?: string
  /** PEM certificates that are trusted besides the system's. */
  readonly ca?: string
  readonly clientCert?: string
  readonly clientKey?: string
  readonly proxy?: GitProxy
  /** Who is behind short-lived tokens (a GitHub App's installation): the mirror stays the same when they change. */
  readonly principal?: string
}

export interface GitProxy {
  readonly address: string
  readonly username?: string
  readonly password?: string
}

/** The value of an Authorization header; undefined for anonymous access. */
export function authorization(credentials: GitCredentials): string | undefined {
  if (credentials.bearerToken !== undefined) return `Bearer ${credentials.bearerToken}`
  if (credentials.username === undefined && credentials.password === undefined) return undefined
  const pair = `${credentials.username ?? ''}:${credentials.password ?? ''}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/**
 * A URL without user and password, and those two. Passwords never appear in messages, arguments or file names.
 */
export function splitUserInfo(url: string): {
  readonly url: string
  readonly username?: string
  readonly password?: string
} {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@(.*)$/i.exec(url)
  if (match === null) return { url }
  const [, scheme = '', info = '', rest = ''] = match
  const colon = info.indexOf(':')
  const username = decode(colon < 0 ? info : info.slice(0, colon))
  const password = colon < 0 ? undefined : decode(info.slice(colon + 1))
  return {
    url: `${scheme}${rest}`,
    ...(username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The name of the mirror for a remote. Repositories are shared by all who name the same URL with the same credentials: with
 * others, one tenant could read what only another may.
 */
export function mirrorKey(url: string, credentials: GitCredentials): string {
  const { principal, proxy: _proxy, ca: _ca, bearerToken, password, username, ...keys } = credentials
  const who = principal ?? { bearerToken, password, username, identity: keys.identity, clientKey: keys.clientKey }
  return createHash('sha256')
    .update(JSON.stringify([url, who]))
    .digest('hex')
    .slice(0, 40)
}
