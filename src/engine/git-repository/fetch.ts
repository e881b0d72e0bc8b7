import { createHash } from 'node:crypto'
import type { Artifact } from '../../api/artifact.ts'
import { parseDuration } from '../../api/duration.ts'
import { type GitRepository, gitRepositoryKind } from '../../api/git-repository.ts'
import type { Inclusion } from '../../source/git/artifact-tree.ts'
import type { GitCredentials } from '../../source/git/credentials.ts'
import type { SourceFailure } from '../../source/git/failure.ts'
import type { GitRequest } from '../../source/git/git-source.ts'
import type { NamedSecret } from '../../source/git/secret-credentials.ts'
import { verificationMode, verifyCheckout } from '../../source/git/verify-checkout.ts'
import { nodeTree } from '../../source/tree/node.ts'
import type { EngineContext } from '../context.ts'
import { textDataOf } from '../kustomization/variables.ts'
import { isRequested } from '../request.ts'
import type { SourceState } from '../sources.ts'
import { cloudCredentials } from './cloud-credentials.ts'
import { sourceKeyOf } from './key.ts'
import type { Unavailable } from './status.ts'

/** The repository's files as the spec wants them, or why they cannot be had. */
export type FetchResult =
  | { readonly kind: 'fetched'; readonly state: SourceState }
  | (Unavailable & { readonly retryAfterMs?: number })

const DEFAULT_TIMEOUT_MS = 60_000

function unavailable(failure: SourceFailure, condition: Unavailable['condition'] = 'FetchFailed'): FetchResult {
  const { hint, message, reason, retryAfter, stalled = false } = failure
  const text = hint === '' ? message : message.endsWith(': ') ? `${message}${hint}` : `${message} (${hint})`
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
  const { provider, proxySecretRef, secretRef, serviceAccountName, url } = repository.spec
  const secret = await read(secretRef)
  if (hasFailed(secret)) return secret
  const proxySecret = await read(proxySecretRef)
  if (hasFailed(proxySecret)) return proxySecret
  const { namespace = '' } = repository.metadata
  const cloud =
    provider === 'aws' || provider === 'azure'
      ? () => cloudCredentials({ provider, url, namespace, serviceAccountName }, context)
      : undefined
  return await context.credentials.make({ url, provider, secret, proxySecret, cloud })
}

function requestOf(repository: GitRepository, signal: AbortSignal): GitRequest {
  const { spec } = repository
  return {
    url: spec.url,
    ref: spec.ref,
    recurseSubmodules: spec.recurseSubmodules,
    timeoutMs: parseDuration(spec.timeout ?? '') ?? DEFAULT_TIMEOUT_MS,
    signal,
  }
}

/** The repositories that are laid into this one, each as it is now, and their artifacts. */
async function inclusionsOf(
  { metadata: { namespace = '' } }: GitRepository,
  include: GitRepository['spec']['include'] = [],
  { objects, sources }: EngineContext,
): Promise<readonly (Inclusion & { readonly artifact: Artifact })[] | SourceFailure> {
  const inclusions: (Inclusion & { readonly artifact: Artifact })[] = []
  for (const { fromPath, repository, toPath } of include) {
    const { name } = repository
    const state = sources.get(`GitRepository/${namespace}/${name}`)
    const object = objects.get({ ...gitRepositoryKind, namespace, name }) as GitRepository | undefined
    const artifact = await (state?.artifact ?? object?.status?.artifact)
    if (state === undefined || artifact === undefined) return noInclusion(name, object !== undefined)
    inclusions.push({ name, tree: state.tree, fromPath, toPath, artifact })
  }
  return inclusions
}

function noInclusion(name: string, exists: boolean): SourceFailure {
  const hint = 'see why that GitRepository is not ready; this one goes on when it is'
  if (exists)
    return { status: 'failed', reason: 'NoArtifact', message: `no artifact available for include '${name}'`, hint }
  const message = `could not get resource for include '${name}': gitrepositories.source.toolkit.fluxcd.io "${name}" not found`
  return { status: 'failed', reason: 'NotFound', message, hint: 'create it, or correct spec.include' }
}

/** The texts of the keys that the spec trusts; undefined where it demands no signature. */
async function trustedKeys(
  { spec }: GitRepository,
  read: ReturnType<typeof secretReader>,
): Promise<readonly string[] | SourceFailure | undefined> {
  const keys = await read(spec.verify?.secretRef)
  if (hasFailed(keys)) return { ...keys, reason: 'VerificationError' }
  return keys === undefined ? undefined : Object.values(keys.data)
}

/** What is taken of a spec; the observed fields of a status say the same of an artifact. */
interface Recipe {
  readonly ignore?: string | undefined
  readonly include?: GitRepository['spec']['include'] | undefined
  readonly recurseSubmodules?: boolean | undefined
  readonly sparseCheckout?: readonly string[] | undefined
}

/** Equal where a revision of the repository gives the same files, verified in the same way. */
function keyOf(
  { spec }: GitRepository,
  recipe: Recipe,
  inclusions: readonly Inclusion[],
  keys: readonly string[] = [],
) {
  const { ignore, include, recurseSubmodules = false, sparseCheckout } = recipe
  const included = inclusions.map(({ tree }) => tree.digest)
  const parts = [spec.url, spec.verify?.mode, keys, ignore, include, included, recurseSubmodules, sparseCheckout]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

interface Errand {
  readonly repository: GitRepository
  readonly recipe: Recipe
  readonly request: GitRequest
  /** What is there already, if it was made by the same recipe. */
  readonly known: SourceState | undefined
}

async function run({ repository, recipe, request, known }: Errand, context: EngineContext): Promise<FetchResult> {
  const read = secretReader(repository, context)
  const credentials = await credentialsOf(repository, read, context)
  if (hasFailed(credentials)) return unavailable(credentials)
  const keys = await trustedKeys(repository, read)
  if (hasFailed(keys)) return unavailable(keys, 'SourceVerified')
  const include = await inclusionsOf(repository, recipe.include, context)
  if (hasFailed(include)) return unavailable(include, 'IncludeUnavailable')
  const key = keyOf(repository, recipe, include, keys)
  if (known?.ingredients?.key === key) {
    const polled = await context.git.poll(request, credentials)
    if (polled.status === 'failed') return unavailable(polled)
    if (polled.revision === known.revision) return { kind: 'fetched', state: known }
  }
  const checkout = await context.git.fetch(request, credentials)
  if (checkout.status === 'failed') return unavailable(checkout)
  const mode = verificationMode(repository.spec.verify?.mode)
  const verified = keys === undefined ? undefined : verifyCheckout(checkout, mode, keys, context.clock.now())
  if (hasFailed(verified)) return unavailable(verified, 'SourceVerified')
  const tree = await context.artifactTree(checkout.tree, { ...recipe, include })
  if ('status' in tree) return unavailable(tree, 'StorageOperationFailed')
  const { commit, revision } = checkout
  const author = `${commit.author.name} <${commit.author.email}>`
  const authorship = { sha: commit.sha, author, message: commit.message }
  const included = include.map(({ artifact }) => artifact)
  const ingredients = { included, key, ...(verified !== undefined && { verified: verified.message }) }
  return { kind: 'fetched', state: { revision, tree, authorship, ingredients } }
}

/**
 * Brings a repository to the state that its spec asks for. `known` is what is there already: where the spec is as it was, the
 * remote still stands at its revision and nothing else that goes into it has changed, it is given back and nothing is
 * fetched. `announced`: somebody says that there is something new, so a host that failed is not left alone any longer.
 */
export async function fetchRepository(
  repository: GitRepository,
  known: SourceState | undefined,
  context: EngineContext,
  { signal, announced = false }: { readonly signal: AbortSignal; readonly announced?: boolean },
): Promise<FetchResult> {
  const request = { ...requestOf(repository, signal), force: announced || isRequested(repository) }
  return await run({ repository, recipe: repository.spec, request, known }, context)
}

/**
 * The state that the artifact in the status was made of, to go on with after a start: its commit is in the local mirror
 * still, and the remote is not asked. Undefined where it is not, and where only a tag could prove that it may be trusted.
 */
export async function restoreRepository(
  repository: GitRepository,
  context: EngineContext,
  signal: AbortSignal,
): Promise<SourceState | undefined> {
  const { spec, status = {} } = repository
  const { artifact } = status
  const commit = /[0-9a-f]{40}$/.exec(artifact?.revision ?? '')?.[0]
  const isByTag = spec.verify !== undefined && verificationMode(spec.verify.mode) !== 'HEAD'
  if (artifact === undefined || commit === undefined || isByTag) return undefined
  const recipe: Recipe = {
    ignore: status.observedIgnore,
    include: status.observedInclude,
    recurseSubmodules: status.observedRecurseSubmodules,
    sparseCheckout: status.observedSparseCheckout,
  }
  const request = {
    ...requestOf(repository, signal),
    ref: { commit },
    recurseSubmodules: recipe.recurseSubmodules,
    offline: true,
  }
  const result = await run({ repository, recipe, request, known: undefined }, context)
  if (result.kind === 'unavailable') return undefined
  const { revision } = artifact
  const { root, read } = result.state.tree
  return { ...result.state, revision, tree: nodeTree(revision, root, read), artifact: Promise.resolve(artifact) }
}
