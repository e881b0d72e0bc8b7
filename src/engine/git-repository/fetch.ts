import { parseDuration } from '../../api/duration.ts'
import type { GitRepository } from '../../api/git-repository.ts'
import type { Inclusion } from '../../source/git/artifact-tree.ts'
import type { GitCredentials } from '../../source/git/credentials.ts'
import type { SourceFailure } from '../../source/git/failure.ts'
import type { GitCheckout, GitRequest } from '../../source/git/git-source.ts'
import type { NamedSecret } from '../../source/git/secret-credentials.ts'
import { verificationMode, verifyCheckout } from '../../source/git/verify-checkout.ts'
import type { EngineContext } from '../context.ts'
import { textDataOf } from '../kustomization/variables.ts'
import { isRequested } from '../request.ts'
import type { SourceState } from '../sources.ts'
import { sourceKeyOf } from './key.ts'
import type { Unavailable } from './status.ts'

/** The repository's files as the spec wants them, or why they cannot be had. */
export type FetchResult =
  | { readonly kind: 'fetched'; readonly state: SourceState; readonly verified?: string }
  | (Unavailable & { readonly retryAfterMs?: number })

const DEFAULT_TIMEOUT_MS = 60_000

function unavailable(failure: SourceFailure, condition: Unavailable['condition'] = 'FetchFailed'): FetchResult {
  const { hint, message, reason, retryAfter, stalled = false } = failure
  const text = hint === '' ? message : `${message} (${hint})`
  const retry = retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 }
  return { kind: 'unavailable', reason, message: text, condition, stalled, ...retry }
}

function missingSecret(namespace: string, name: string): SourceFailure {
  const message = `failed to get secret '${namespace}/${name}': secrets "${name}" not found`
  const hint = 'create the Secret in the namespace of the GitRepository, or correct its name in the spec'
  return { status: 'failed', reason: 'AuthenticationFailed', message, hint }
}

/** Reads the Secrets that the spec names; from now on their changes wake the repository. */
function secretReader(repository: GitRepository, context: EngineContext) {
  const { metadata, spec } = repository
  const namespace = metadata.namespace ?? ''
  const reader = sourceKeyOf(repository)
  const names = [spec.secretRef, spec.proxySecretRef, spec.verify?.secretRef].flatMap(each => each?.name ?? [])
  context.references.keep(
    reader,
    names.map(name => ({ kind: 'Secret', namespace, name })),
  )
  return async (reference: { readonly name: string } | undefined): Promise<NamedSecret | SourceFailure | undefined> => {
    if (reference === undefined) return undefined
    const { name } = reference
    const secret = await context.references.read({ kind: 'Secret', namespace, name }, reader)
    return secret === undefined ? missingSecret(namespace, name) : { namespace, name, data: textDataOf(secret) }
  }
}

function hasFailed<T extends object>(value: T | SourceFailure | undefined): value is SourceFailure {
  return value !== undefined && 'status' in value && value.status === 'failed'
}

async function credentialsOf(
  repository: GitRepository,
  read: ReturnType<typeof secretReader>,
  context: EngineContext,
): Promise<GitCredentials | SourceFailure> {
  const { provider, proxySecretRef, secretRef, url } = repository.spec
  const secret = await read(secretRef)
  if (hasFailed(secret)) return secret
  const proxySecret = await read(proxySecretRef)
  if (hasFailed(proxySecret)) return proxySecret
  return await context.credentials.make({ url, provider, secret, proxySecret })
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

/** The repositories that are laid into this one, each as it is now. */
function inclusionsOf({ metadata, spec }: GitRepository, context: EngineContext): readonly Inclusion[] | SourceFailure {
  const inclusions: Inclusion[] = []
  for (const { fromPath, repository, toPath } of spec.include ?? []) {
    const { name } = repository
    const state = context.sources.get(`GitRepository/${metadata.namespace}/${name}`)
    if (state === undefined) {
      const message = `could not get resource for include '${name}': it has no artifact`
      return {
        status: 'failed',
        reason: 'NotFound',
        message,
        hint: 'see why that GitRepository is not ready; this one goes on when it is',
      }
    }
    inclusions.push({ name, tree: state.tree, fromPath, toPath })
  }
  return inclusions
}

function inclusionKey(inclusions: readonly Inclusion[]): string {
  return inclusions.map(({ name, tree }) => `${name}@${tree.digest}`).join(' ')
}

async function verify(
  repository: GitRepository,
  checkout: GitCheckout,
  read: ReturnType<typeof secretReader>,
  now: number,
): Promise<string | SourceFailure | undefined> {
  const { verify: wanted } = repository.spec
  if (wanted === undefined) return undefined
  const keys = await read(wanted.secretRef)
  if (hasFailed(keys)) return { ...keys, reason: 'VerificationError' }
  const result = verifyCheckout(checkout, verificationMode(wanted.mode), Object.values(keys?.data ?? {}), now)
  return result.status === 'failed' ? result : result.message
}

/**
 * Brings a repository to the state that its spec asks for. `known` is what is there already for this generation: where the
 * remote still stands at its revision and nothing included has changed, it is given back and nothing is fetched.
 */
export async function fetchRepository(
  repository: GitRepository,
  known: SourceState | undefined,
  context: EngineContext,
  signal: AbortSignal,
): Promise<FetchResult> {
  const read = secretReader(repository, context)
  const credentials = await credentialsOf(repository, read, context)
  if (hasFailed(credentials)) return unavailable(credentials)
  const include = inclusionsOf(repository, context)
  if (hasFailed(include)) return unavailable(include, 'IncludeUnavailable')
  const request = requestOf(repository, signal)
  if (known !== undefined && known.included === inclusionKey(include)) {
    const polled = await context.git.poll(request, credentials)
    if (polled.status === 'failed') return unavailable(polled)
    if (polled.revision === known.revision) return { kind: 'fetched', state: known }
  }
  const checkout = await context.git.fetch(request, credentials)
  if (checkout.status === 'failed') return unavailable(checkout)
  const verified = await verify(repository, checkout, read, context.clock.now())
  if (typeof verified === 'object') return unavailable(verified, 'SourceVerified')
  const { ignore, sparseCheckout } = repository.spec
  const tree = await context.artifactTree(checkout.tree, { ignore, sparseCheckout, include })
  if ('status' in tree) return unavailable(tree, 'StorageOperationFailed')
  const { commit, revision } = checkout
  const author = `${commit.author.name} <${commit.author.email}>`
  const authorship = { sha: commit.sha, author, message: commit.message }
  const state: SourceState = { revision, tree, authorship, included: inclusionKey(include) }
  return { kind: 'fetched', state, ...(verified !== undefined && { verified }) }
}
