import { parseDuration } from '../../api/duration.ts'
import type { GitRepository } from '../../api/git-repository.ts'
import { authFromSecret } from '../../source/git/auth-options.ts'
import type { GitCredentials } from '../../source/git/credentials.ts'
import type { SourceFailure } from '../../source/git/failure.ts'
import type { GitCheckout, GitRequest } from '../../source/git/git-source.ts'
import type { EngineContext } from '../context.ts'
import { textDataOf } from '../kustomization/variables.ts'
import type { Reference } from '../references.ts'
import { isRequested } from '../request.ts'
import type { SourceState } from '../sources.ts'
import { sourceKeyOf } from './key.ts'
import type { Stored, Unavailable } from './status.ts'

/** What fetching gave: a state, the same object as before where nothing changed, or why there is none. */
export type FetchResult =
  | { readonly kind: 'fetched'; readonly state: SourceState; readonly stored: Omit<Stored, 'kind' | 'artifact'> }
  | (Unavailable & { readonly retryAfterMs?: number })

const DEFAULT_TIMEOUT_MS = 60_000

function unavailable(failure: SourceFailure): Unavailable & { readonly retryAfterMs?: number } {
  const { hint, message, reason, retryAfter, stalled = false } = failure
  const text = hint === '' ? message : `${message} (${hint})`
  const retry = retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 }
  return { kind: 'unavailable', reason, message: text, condition: 'FetchFailed', stalled, ...retry }
}

function authenticationFailed(message: string, hint: string): Unavailable {
  return {
    kind: 'unavailable',
    reason: 'AuthenticationFailed',
    message: `${message} (${hint})`,
    condition: 'FetchFailed',
    stalled: false,
  }
}

function secretsOf({ metadata, spec }: GitRepository): readonly Reference[] {
  const names = [spec.secretRef, spec.proxySecretRef, spec.verify?.secretRef].flatMap(each => each?.name ?? [])
  return names.map(name => ({ kind: 'Secret', namespace: metadata.namespace ?? '', name }))
}

/** Reads a Secret that the repository refers to; says what is wrong where it is missing. */
async function readSecret(
  repository: GitRepository,
  name: string,
  context: EngineContext,
): Promise<Readonly<Record<string, string>> | Unavailable> {
  const namespace = repository.metadata.namespace ?? ''
  const secret = await context.references.read({ kind: 'Secret', namespace, name }, sourceKeyOf(repository))
  if (secret !== undefined) return textDataOf(secret)
  const message = `failed to get secret '${namespace}/${name}': secrets "${name}" not found`
  return authenticationFailed(message, 'create the Secret in the namespace of the GitRepository, or correct its name')
}

function isUnavailable(value: object): value is Unavailable {
  return 'kind' in value && value.kind === 'unavailable'
}

async function credentialsOf(repository: GitRepository, context: EngineContext): Promise<GitCredentials | Unavailable> {
  const { spec } = repository
  context.references.keep(sourceKeyOf(repository), secretsOf(repository))
  const data = spec.secretRef === undefined ? {} : await readSecret(repository, spec.secretRef.name, context)
  if (isUnavailable(data)) return data
  const auth = authFromSecret(spec.url, data)
  if (!auth.ok) return authenticationFailed(auth.error, 'see the fields of spec.secretRef')
  const proxy =
    spec.proxySecretRef === undefined ? undefined : await readSecret(repository, spec.proxySecretRef.name, context)
  if (proxy === undefined) return auth.credentials
  if (isUnavailable(proxy)) return proxy
  const { address = '', username, password } = proxy as Record<string, string | undefined>
  if (address === '')
    return authenticationFailed("the proxy Secret has no key 'address'", 'add it, such as http://proxy:3128')
  return {
    ...auth.credentials,
    proxy: { address, ...(username !== undefined && { username }), ...(password !== undefined && { password }) },
  }
}

function requestOf(repository: GitRepository, signal: AbortSignal): GitRequest {
  const { spec } = repository
  return {
    url: spec.url,
    ref: spec.ref,
    recurseSubmodules: spec.recurseSubmodules,
    timeoutMs: parseDuration(spec.timeout ?? '') ?? DEFAULT_TIMEOUT_MS,
    signal,
    force: isRequested(repository),
  }
}

async function stateOf(repository: GitRepository, checkout: GitCheckout, context: EngineContext): Promise<SourceState> {
  const { commit, revision } = checkout
  const { author, message, sha } = commit
  const { tree, artifact } = await context.artifacts.make(repository, checkout)
  return { revision, tree, artifact, authorship: { sha, author: `${author.name} <${author.email}>`, message } }
}

/**
 * Brings a repository to the state that its spec asks for. `known` is what is there already for this generation: where
 * the remote still stands at its revision, it is given back and nothing is fetched.
 */
export async function fetchRepository(
  repository: GitRepository,
  known: SourceState | undefined,
  context: EngineContext,
  signal: AbortSignal,
): Promise<FetchResult> {
  const credentials = await credentialsOf(repository, context)
  if (isUnavailable(credentials)) return credentials
  const request = requestOf(repository, signal)
  if (known !== undefined) {
    const polled = await context.git.poll(request, credentials)
    if (polled.status === 'failed') return unavailable(polled)
    if (polled.revision === known.revision) return { kind: 'fetched', state: known, stored: {} }
  }
  const checkout = await context.git.fetch(request, credentials)
  if (checkout.status === 'failed') return unavailable(checkout)
  return { kind: 'fetched', state: await stateOf(repository, checkout, context), stored: {} }
}
