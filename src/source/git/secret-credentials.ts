import { authFromSecret, isEncryptedKey, isReadableKey, type SecretData } from './auth-options.ts'
import type { GitCredentials, GitProxy } from './credentials.ts'
import type { SourceFailure } from './failure.ts'
import { type GitHubApp, type GitHubRequest, gitHubAppFrom, gitHubTokens } from './github-app.ts'
import { httpDispatcher } from './http-dispatcher.ts'

/** A Secret that an object refers to, with decoded data. */
export interface NamedSecret {
  readonly namespace: string
  readonly name: string
  readonly data: SecretData
}

export interface CredentialsRequest {
  readonly url: string
  readonly provider?: string | undefined
  readonly secret?: NamedSecret | undefined
  readonly proxySecret?: NamedSecret | undefined
  /** Short-lived credentials of the provider's own; only asked for where the provider is a cloud. */
  readonly cloud?: (() => Promise<CloudCredentials | SourceFailure>) | undefined
}

/** Credentials of a cloud identity; `principal` says whose, and does not change when they are renewed. */
export type CloudCredentials = Pick<GitCredentials, 'username' | 'password' | 'bearerToken'> & {
  readonly principal: string
}

/** Turns Secrets into credentials; short-lived tokens are fetched and kept here. */
export interface CredentialsMaker {
  make(request: CredentialsRequest): Promise<GitCredentials | SourceFailure>
}

export function credentialsMaker(now: () => number = Date.now): CredentialsMaker {
  const tokens = gitHubTokens(now)
  return {
    async make({ url, provider = 'generic', secret, proxySecret, cloud }) {
      const proxy = proxySecret === undefined ? undefined : proxyFrom(proxySecret)
      if (proxy !== undefined && 'status' in proxy) return proxy
      const auth = authFromSecret(url, secret?.data)
      if (!auth.ok)
        return failed('AuthenticationFailed', `failed to configure authentication options: ${auth.error}`, secretHint)
      const unreadable = keyProblem(auth.credentials, secret)
      if (unreadable !== undefined) return unreadable
      const credentials = { ...auth.credentials, ...(proxy === undefined ? {} : { proxy }) }
      const app = gitHubAppFrom(secret?.data ?? {})
      if (provider === 'github')
        return withGitHub(credentials, app, gitHub => tokens.get(gitHub, requester(credentials)), url)
      if (secret !== undefined && (secret.data['githubAppID'] ?? '') !== '')
        return failed(
          'InvalidProviderConfiguration',
          `secretRef '${secret.namespace}/${secret.name}' has github app data but provider is not set to github`,
          'set spec.provider to github',
        )
      if (provider === 'aws' || provider === 'azure') return withCloud(credentials, provider, cloud)
      return credentials
    },
  }
}

/** Those of the Secret give way to those of the cloud identity, but for its certificates. */
async function withCloud(
  { username: _username, password: _password, bearerToken: _bearer, ...rest }: GitCredentials,
  provider: string,
  cloud: CredentialsRequest['cloud'],
): Promise<GitCredentials | SourceFailure> {
  const given = await cloud?.()
  if (given === undefined)
    return failed(
      'InvalidProviderConfiguration',
      `provider '${provider}' needs a cloud identity, which is not available here`,
      'use spec.provider generic with a token in spec.secretRef',
    )
  return 'status' in given ? given : { ...rest, ...given }
}

async function withGitHub(
  credentials: GitCredentials,
  app: GitHubApp | string | undefined,
  token: (app: GitHubApp) => Promise<string>,
  url: string,
): Promise<GitCredentials | SourceFailure> {
  if (app === undefined)
    return failed(
      'InvalidProviderConfiguration',
      'secretRef with github app data must be specified when provider is set to github',
      'put githubAppID, githubAppInstallationID and githubAppPrivateKey into the Secret of spec.secretRef',
      true,
    )
  if (typeof app === 'string')
    return failed('AuthenticationFailed', `failed to configure authentication options: ${app}`, secretHint)
  try {
    const principal = `github-app ${app.appId} ${app.installationId ?? app.installationOwner} ${new URL(url).host}`
    return { ...credentials, username: 'x-access-token', password: await token(app), principal }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return failed(
      'AuthenticationFailed',
      `failed to configure authentication options: ${said}`,
      'check the App, its private key and its installation on GitHub',
    )
  }
}

function requester(credentials: GitCredentials): GitHubRequest {
  return async (method, url, headers) => {
    const { request } = await import('undici')
    const dispatcher = await httpDispatcher(credentials)
    try {
      const answer = await request(url, { method, headers, dispatcher, headersTimeout: 30_000, bodyTimeout: 30_000 })
      return { status: answer.statusCode, body: await answer.body.text() }
    } finally {
      await dispatcher.close()
    }
  }
}

function keyProblem(
  { identity, password }: GitCredentials,
  secret: NamedSecret | undefined,
): SourceFailure | undefined {
  if (identity === undefined || secret === undefined) return undefined
  const at = `${secret.namespace}/${secret.name}`
  if (isEncryptedKey(identity) && password === undefined)
    return failed(
      'AuthenticationFailed',
      `SSH identity key is encrypted but no 'password' field was provided in the secret '${at}'`,
      'add the passphrase as password, or use a key without one',
    )
  if (!isReadableKey(identity, password))
    return failed(
      'AuthenticationFailed',
      `failed to configure authentication options: the 'identity' in the secret '${at}' is no private key, or 'password' does not open it`,
      secretHint,
    )
  return undefined
}

/** A proxy's address and user; the address is required. */
export function proxyFrom({ namespace, name, data }: NamedSecret): GitProxy | SourceFailure {
  const { address = '', username, password } = data
  if (!/^https?:\/\/[^/]/.test(address))
    return failed(
      'AuthenticationFailed',
      address === ''
        ? `invalid proxy secret '${namespace}/${name}': key 'address' is missing`
        : `invalid proxy secret '${namespace}/${name}': key 'address' is no http or https URL`,
      'put the proxy as http://host:port into the key address of the Secret of spec.proxySecretRef',
    )
  return {
    address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }
}

const secretHint = 'correct the Secret of spec.secretRef'

function failed(reason: string, message: string, hint: string, stalled = false): SourceFailure {
  return { status: 'failed', reason, message, hint, ...(stalled ? { stalled } : {}) }
}
