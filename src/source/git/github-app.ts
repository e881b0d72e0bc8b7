import { createPrivateKey, createSign } from 'node:crypto'
import { type Expiring, expiringCache } from '../../manifest/expiring.ts'
import type { SecretData } from './auth-options.ts'

/** A GitHub App as it stands in a Secret. */
export interface GitHubApp {
  readonly appId: string
  readonly installationId?: string
  /** User or organization whose installation is meant, where its number is not given. */
  readonly installationOwner?: string
  readonly privateKey: string
  readonly baseUrl: string
}

/** One request to GitHub's API; the transport is the caller's, who knows about proxies and private CAs. */
export type GitHubRequest = (
  method: 'GET' | 'POST',
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }>

/** The App in a Secret; undefined where none is, a text where it is incomplete. */
export function gitHubAppFrom(data: SecretData): GitHubApp | string | undefined {
  const appId = data['githubAppID'] ?? ''
  const installationId = data['githubAppInstallationID'] ?? ''
  const installationOwner = data['githubAppInstallationOwner'] ?? ''
  const privateKey = data['githubAppPrivateKey'] ?? ''
  if (appId === '' && privateKey === '' && installationId === '' && installationOwner === '') return undefined
  if (appId === '') return "'githubAppID' is required"
  if (privateKey === '') return "'githubAppPrivateKey' is required"
  if (installationId === '' && installationOwner === '')
    return "one of 'githubAppInstallationID' and 'githubAppInstallationOwner' is required"
  return {
    appId,
    privateKey,
    baseUrl: (data['githubAppBaseURL'] ?? 'https://api.github.com').replace(/\/+$/, ''),
    ...(installationId === '' ? { installationOwner } : { installationId }),
  }
}

export interface GitHubTokens {
  /** A token that is good for some minutes at least. Rejects with an `Error` whose message tells what GitHub said. */
  get(app: GitHubApp, request: GitHubRequest): Promise<string>
}

/** Keeps one token per installation until shortly before it expires; who asks at the same time shares one request. */
export function gitHubTokens(now: () => number): GitHubTokens {
  const cache = expiringCache(now)
  return { get: (app, request) => cache.get(JSON.stringify(app), () => requestToken(app, request, now())) }
}

async function requestToken(app: GitHubApp, request: GitHubRequest, now: number): Promise<Expiring<string>> {
  const headers = {
    authorization: `Bearer ${appToken(app, now)}`,
    accept: 'application/vnd.github+json',
    'user-agent': 'lockstep',
  }
  const id = app.installationId ?? (await findInstallation(app, request, headers))
  const answer = await request(
    'POST',
    `${app.baseUrl}/app/installations/${encodeURIComponent(id)}/access_tokens`,
    headers,
  )
  if (answer.status !== 201) throw new Error(`could not get an installation token: ${explain(answer)}`)
  const { token, expires_at } = JSON.parse(answer.body) as { token: string; expires_at: string }
  return { value: token, expires: Date.parse(expires_at) }
}

const pageSize = 100

async function findInstallation(
  app: GitHubApp,
  request: GitHubRequest,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const owner = app.installationOwner?.toLowerCase()
  for (let page = 1; ; page++) {
    const url = `${app.baseUrl}/app/installations?per_page=${pageSize}&page=${page}`
    const answer = await request('GET', url, headers)
    if (answer.status !== 200) throw new Error(`could not list the App's installations: ${explain(answer)}`)
    const installations = JSON.parse(answer.body) as { id: number; account?: { login?: string } }[]
    const found = installations.find(installation => installation.account?.login?.toLowerCase() === owner)
    if (found !== undefined) return String(found.id)
    if (installations.length < pageSize) throw new Error(`the App is not installed for ${app.installationOwner}`)
  }
}

/** The App's own token: RS256, ten minutes at most; issued a minute ago, because clocks differ. */
export function appToken(app: Pick<GitHubApp, 'appId' | 'privateKey'>, now: number): string {
  const seconds = Math.floor(now / 1000)
  const claims = { iat: seconds - 60, exp: seconds + 540, iss: app.appId }
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = createSign('sha256').update(signed).sign(createPrivateKey(app.privateKey), 'base64url')
  return `${signed}.${signature}`
}

function explain({ status, body }: { readonly status: number; readonly body: string }): string {
  const message = /"message"\s*:\s*"([^"]{1,200})"/.exec(body)?.[1]
  return message === undefined ? `status ${status}` : `status ${status}: ${message}`
}
