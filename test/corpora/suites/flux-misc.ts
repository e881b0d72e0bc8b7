import { componentMajor, componentMinor, fluxMinor, parseReleaseVersion } from '../../../src/manifest/flux-version.ts'
import { judgeRequest } from '../../../src/manifest/reconcile-request.ts'
import {
  type DependencyRef,
  type Dependent,
  formatDependencyRef,
  orderByDependencies,
  parseDependencyRef,
} from '../../../src/plan/depends-on.ts'
import { authFromSecret, validateAuth } from '../../../src/source/git/auth-options.ts'
import { shortMessage } from '../../../src/source/git/commit.ts'
import {
  formatRevision,
  hashAlgorithm,
  hashDigest,
  normalizeRevision,
  revisionHash,
  revisionPointer,
  shortRef,
  splitRevision,
} from '../../../src/source/git/revision.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

function equal(name: string, got: unknown, want: unknown): CaseResult {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)]
  return { name, passed: a === b, detail: `got ${a}, want ${b}` }
}

interface DependsOnRow {
  readonly name: string
  readonly objects: readonly Dependent[]
  readonly want?: unknown
  readonly error?: string | true
}

function judgeOrder({ name, objects, want, error }: DependsOnRow): CaseResult {
  const result = orderByDependencies(objects)
  if (result.ok) return error === undefined ? equal(name, result.order, want) : equal(name, 'no error', error)
  return equal(name, result.message, typeof error === 'string' ? error : result.message)
}

interface DependsRefRow {
  readonly name: string
  readonly deps?: readonly string[]
  readonly ref?: DependencyRef
  readonly want: unknown
}

function judgeRef({ name, deps, ref, want }: DependsRefRow): CaseResult {
  if (ref !== undefined) return equal(name, formatDependencyRef(ref), want)
  const sorted = (value: object) => Object.fromEntries(Object.entries(value).toSorted())
  return equal(name, (deps ?? []).map(parseDependencyRef).map(sorted), (want as object[]).map(sorted))
}

interface AnnotationRow {
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
  readonly lastHandledReconcile: string
  readonly lastHandledRequest: string
  readonly want: boolean
  readonly expectLastHandledRequest: string
}

function judgeAnnotations(row: AnnotationRow): CaseResult {
  const got = judgeRequest(row.annotations ?? {}, 'requestAnnotation', row.lastHandledReconcile, row.lastHandledRequest)
  return equal(row.name, got, { handle: row.want, lastHandled: row.expectLastHandledRequest })
}

interface RevisionRow {
  readonly name: string
  readonly fn: string
  readonly rev: string
  readonly want?: string
  readonly wantHash?: string
  readonly wantPointer?: string
}

const revisionFunctions: Readonly<Record<string, (revision: string) => string>> = {
  ExtractHashFromRevision: revisionHash,
  ExtractNamedPointerFromRevision: revisionPointer,
  TransformRevision: normalizeRevision,
}

function judgeRevision(row: RevisionRow): CaseResult {
  if (row.fn === 'SplitRevision')
    return equal(row.name, splitRevision(row.rev), { pointer: row.wantPointer, hash: row.wantHash })
  return equal(row.name, revisionFunctions[row.fn]?.(row.rev), row.want)
}

interface CommitRow {
  readonly name: string
  readonly fn: string
  readonly input?: string
  readonly hash?: string | null
  readonly commit?: { readonly Hash: string; readonly Reference: string; readonly Encoded: string | null }
  readonly tag?: { readonly Hash: string | null; readonly Name: string; readonly Encoded: string | null }
  readonly want?: string
  readonly result?: boolean
}

/** Text forms that Flux has as methods of its types; here they fall out of the same few functions. */
const commitFunctions: Readonly<Record<string, (row: CommitRow) => unknown>> = {
  Commit_AbsoluteReference: row => formatRevision(row.commit?.Reference ?? '', row.commit?.Hash ?? ''),
  Commit_String: row => formatRevision(shortRef(row.commit?.Reference ?? ''), row.commit?.Hash ?? ''),
  Commit_ShortMessage: row => shortMessage(row.input ?? ''),
  Hash_Algorithm: row => hashAlgorithm(row.hash ?? ''),
  Hash_Digest: row => hashDigest(row.hash ?? ''),
  IsAnnotatedTag: row => (row.tag?.Encoded ?? '') !== '',
  IsConcreteCommit: row => (row.commit?.Encoded ?? '') !== '',
  Tag_String: row => [row.tag?.Name, row.tag?.Hash].filter(part => part != null && part !== '').join('@'),
}

interface AuthRow {
  readonly name: string
  readonly url?: string
  readonly data?: Readonly<Record<string, string>> | null
  readonly options?: Readonly<Record<string, string | null>>
  readonly error: string | null
}

function judgeAuth({ name, url, data, options, error }: AuthRow): CaseResult {
  if (options === undefined) {
    const result = authFromSecret(url ?? '', data ?? {})
    return equal(name, result.ok ? null : result.error, error)
  }
  const got = validateAuth({
    transport: options['Transport'] ?? '',
    host: options['Host'] ?? '',
    username: options['Username'] ?? '',
    password: options['Password'] ?? '',
    identity: options['Identity'] ?? '',
    knownHosts: options['KnownHosts'] ?? '',
  })
  return equal(name, got ?? null, error)
}

interface VersionRow {
  readonly name: string
  readonly fn: string
  readonly repoName?: string
  readonly repoMinor?: number
  readonly flux2Minor?: number
  readonly expected?: number
  readonly expectErr?: boolean
  readonly major?: number
  readonly minor?: number
  readonly version?: string
  readonly err?: boolean
}

function judgeVersion(row: VersionRow): CaseResult {
  const repository = row.repoName ?? row.name.split('/').at(-1) ?? ''
  const expected = row.expectErr ? undefined : row.expected
  if (row.fn === 'FluxMinorForRepoMinor') return equal(row.name, fluxMinor(repository, row.repoMinor ?? 0), expected)
  if (row.fn === 'RepoMinorForFluxMinor')
    return equal(row.name, componentMinor(repository, row.flux2Minor ?? 0), expected)
  if (row.fn === 'ParseVersion') return equal(row.name, parseReleaseVersion(row.version ?? '') === undefined, row.err)
  const minor = componentMinor(repository, row.flux2Minor ?? 0)
  return equal(
    row.name,
    [componentMajor(repository), minor, fluxMinor(repository, minor ?? 0)],
    [row.major, row.minor, row.flux2Minor],
  )
}

export const suite: CorpusSuite = {
  corpus: 'flux-misc',
  async *run(folder) {
    yield* readRows<DependsOnRow>(folder, 'dependson.jsonl').map(judgeOrder)
    yield* readRows<DependsRefRow>(folder, 'dependsref.jsonl').map(judgeRef)
    yield* readRows<AnnotationRow>(folder, 'annotations.jsonl').map(judgeAnnotations)
    yield* readRows<RevisionRow>(folder, 'revision.jsonl').map(judgeRevision)
    yield* readRows<CommitRow>(folder, 'commit.jsonl').map(row =>
      equal(row.name, commitFunctions[row.fn]?.(row), row.want ?? row.result),
    )
    yield* readRows<AuthRow>(folder, 'auth.jsonl').map(judgeAuth)
    yield* readRows<VersionRow>(folder, 'version.jsonl').map(judgeVersion)
  },
}
