import path from 'node:path'
import { type GitCredentials, splitUserInfo } from './credentials.ts'
import type { SourceFailure } from './failure.ts'

/** The URL that is asked, and the credentials with what stood in the URL. The user of an SSH URL is `git` unless it says otherwise. */
export function address(rawUrl: string, given: GitCredentials): { url: string; credentials: GitCredentials } {
  const { url, username, password } = splitUserInfo(rawUrl)
  if (url.startsWith('ssh:')) {
    const user = username ?? given.username ?? 'git'
    return { url: url.replace('ssh://', `ssh://${encodeURIComponent(user)}@`), credentials: given }
  }
  const own = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
  return { url, credentials: { ...own, ...given } }
}

/** Host and port of a URL; credentials go along only where they are the same. */
export function hostOf(url: string): string {
  return /^[a-z+]+:\/\/(?:[^/@]*@)?([^/]*)/i.exec(url)?.[1] ?? ''
}

/** Why an address is not asked at all; undefined for those that may be. */
export function refuseAddress(url: string, allowLocal: boolean): SourceFailure | undefined {
  if (/^(?:https?|ssh):\/\/[^/]/.test(url)) return undefined
  const local = /^file:\/\//.test(url) || path.isAbsolute(url)
  if (local && allowLocal) return undefined
  return {
    status: 'failed',
    reason: 'URLInvalid',
    message: local
      ? `repositories on this machine are not allowed: '${url}'`
      : `failed to parse url '${splitUserInfo(url).url}': no http, https or ssh URL`,
    hint: 'write spec.url as https://host/path, http://host/path or ssh://git@host/path',
    stalled: true,
  }
}
