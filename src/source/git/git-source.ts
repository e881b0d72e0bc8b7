import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { type NodeTree, nodeTree } from '../tree/node.ts'
import type { GitCommit, GitTag } from './commit.ts'
import { type GitCredentials, splitUserInfo } from './credentials.ts'
import { EmptyRepository, explainFailure, MissingCommit, Unresolved } from './explain-failure.ts'
import { RemoteError, type SourceFailure } from './failure.ts'
import { hostOf, refuseAddress } from './git-address.ts'
import { prepareGit } from './git-environment.ts'
import { GitError } from './git-process.ts'
import { looksCorrupt, type Mirror } from './mirror.ts'
import {
  type GitReference,
  prefixesOf,
  type Resolution,
  resolve,
  revisionOf,
  type Selection,
  selectionOf,
  type Target,
} from './reference.ts'
import { type Remote, remotePool } from './remote-pool.ts'
import { addSubmodules } from './submodules.ts'

/** What is wanted of a repository. `url` may hold a user; a password in it counts as credentials. */
export interface GitRequest {
  readonly url: string
  readonly ref?: GitReference | undefined
  readonly recurseSubmodules?: boolean | undefined
  /** Of the whole operation; default 60 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Somebody asked for it: do not wait out a backoff. */
  readonly force?: boolean
  /** Hosts that submodules may come from, with their port where they have one; all where it is left out. */
  readonly hosts?: readonly string[]
  /** Takes a commit from the local mirror, and fails where it is not there instead of asking the remote. */
  readonly offline?: boolean
}

/** A commit with its files. `tree` is whole and unfiltered; its revision is the artifact's. */
export interface GitCheckout {
  readonly status: 'fetched'
  readonly revision: string
  readonly commit: GitCommit
  /** The annotated tag that led to the commit. */
  readonly tag?: GitTag
  readonly tree: NodeTree
}

export interface Polled {
  readonly status: 'polled'
  readonly revision: string
}

/** Git repositories by URL. Everything that users or networks can get wrong is a value; other errors reject. */
export interface GitSource {
  /** The revision that the request stands for now; no objects are fetched for it. */
  poll(request: GitRequest, credentials?: GitCredentials): Promise<Polled | SourceFailure>
  /** The files of that revision. What was fetched before is not fetched again. */
  fetch(request: GitRequest, credentials?: GitCredentials): Promise<GitCheckout | SourceFailure>
  close(): Promise<void>
}

export interface GitSourceOptions {
  /** Where mirrors are kept. Several processes may use one folder. */
  readonly dataDir: string
  /** Allows `file://` and plain paths: for local use, never for tenants. */
  readonly allowLocal?: boolean
  /** Milliseconds of a clock that goes on evenly; for back-off. */
  readonly elapsed?: () => number
  readonly random?: () => number
}

/** Mirrors that nobody used for so long are deleted on start. */
const unusedMs = 7 * 24 * 3600 * 1000
const defaultTimeoutMs = 60_000

/** Rejects with `GitError` where git is not installed. */
export async function openGitSource(options: GitSourceOptions): Promise<GitSource> {
  const mirrors = path.join(options.dataDir, 'mirrors')
  await mkdir(mirrors, { recursive: true, mode: 0o700 })
  const git = await prepareGit(options.dataDir)
  const { elapsed = () => performance.now(), random = Math.random } = options
  await dropUnused(mirrors, Date.now())
  const remotes = remotePool(git, mirrors, { elapsed, random })

  async function lookUp(remote: Remote, request: GitRequest, selection: Selection): Promise<Resolution> {
    const prefixes = prefixesOf(selection)
    if (selection.by === 'commit' && prefixes.length === 0) return resolve(selection, new Map())
    const call = callOptions(request)
    const resolution = resolve(selection, await remote.poller.list(prefixes, call))
    if (resolution.found) return resolution
    // Only an empty repository has no refs at all; that is worth another question when something is missing.
    const everything = await remote.poller.list([], call)
    if (everything.size === 0) throw new EmptyRepository()
    return resolution
  }

  async function choose(remote: Remote, request: GitRequest, targets: readonly Target[]): Promise<Target> {
    if (targets.length === 1) return targets[0]!
    const dated = await Promise.all(
      targets.map(async target => ({ target, commit: await obtain(remote, target, request) })),
    )
    dated.sort((a, b) => Date.parse(b.commit.committer.when) - Date.parse(a.commit.committer.when))
    return dated[0]!.target
  }

  /** The commit of a target, from the mirror where it is there, else from the remote. */
  async function obtain(remote: Remote, target: Target, request: GitRequest): Promise<GitCommit> {
    const { mirror } = remote
    const present = await mirror.commit(target.commit)
    const tagPresent = target.tag === undefined || (await hasObject(mirror, target.tag.hash, target.commit))
    if (present !== undefined && tagPresent) return present
    if (request.offline) throw new MissingCommit(`commit '${target.commit}' is not in the local mirror`)
    await fetchTarget(remote, target, request)
    const fetched = await mirror.commit(target.commit)
    // In the background: nobody waits for it, and what fails now is tried again after the next fetch.
    mirror.collectGarbage([target.commit, ...remote.checkouts.inUse()]).catch(() => {})
    if (fetched === undefined)
      throw new MissingCommit(`unable to resolve commit object for '${target.commit}': object not found`)
    return fetched
  }

  async function fetchTarget(remote: Remote, target: Target, request: GitRequest): Promise<void> {
    const { mirror } = remote
    const call = callOptions(request)
    const name = target.ref ?? `commits/${target.commit}`
    try {
      await mirror.fetch([{ from: target.tag?.hash ?? target.commit, name }], call)
    } catch (error) {
      if (!refusesHash(error)) throw error
      // A server of the old protocol gives out only what its refs name.
      if (target.ref !== undefined) await mirror.fetch([{ from: target.ref, name }], call)
      else await mirror.fetch([{ from: 'refs/heads/*', name: 'refs/heads/*' }], { ...call, history: true })
    }
  }

  async function onBranch(remote: Remote, target: Target, branch: string, request: GitRequest): Promise<void> {
    const call = callOptions(request)
    const refs = await remote.poller.list([branch], call)
    const tip = refs.get(branch)?.hash
    if (tip === target.commit || (tip !== undefined && remote.ancestry.has(`${target.commit} ${tip}`))) return
    await remote.mirror.fetch([{ from: branch, name: branch }], { ...call, history: true })
    const present = await remote.mirror.commit(target.commit)
    if (tip === undefined || present === undefined || !(await remote.mirror.isAncestor(target.commit, tip)))
      throw new MissingCommit(`unable to resolve commit object for '${target.commit}': object not found`)
    remote.ancestry.add(`${target.commit} ${tip}`)
  }

  async function checkout(
    remote: Remote,
    request: GitRequest,
    credentials: GitCredentials,
    depth = 0,
  ): Promise<GitCheckout> {
    const selection = selectionOf(request.ref)
    const resolution = await lookUp(remote, request, selection)
    if (!resolution.found) throw new Unresolved(resolution.message, resolution.hint)
    const target = await choose(remote, request, resolution.targets)
    if (selection.by === 'commit' && selection.branch !== undefined)
      await onBranch(remote, target, selection.branch, request)
    const commit = await obtain(remote, target, request)
    const tag = target.tag === undefined ? undefined : await remote.mirror.tag(target.tag.hash)
    const root = await remote.mirror.directory(commit.tree)
    const revision = revisionOf(target)
    const plain = nodeTree(revision, root, (_path, node) => readBlob(remote, node.hash, target, request))
    const links = request.recurseSubmodules ? remote.mirror.gitlinks(root) : []
    const tree = await addSubmodules(plain, links, remote.url, depth, (url, hash) =>
      submodule(url, hash, request, remote.url, credentials, depth + 1),
    )
    remote.checkouts.add(commit.sha, plain)
    return { status: 'fetched' as const, revision, commit, tree, ...(tag === undefined ? {} : { tag }) }
  }

  /** Credentials go along only to the host that they were given for. */
  async function submodule(
    url: string,
    commit: string,
    request: GitRequest,
    parent: string,
    credentials: GitCredentials,
    depth: number,
  ): Promise<NodeTree> {
    const refused = refuseAddress(url, options.allowLocal ?? false)
    if (refused !== undefined)
      throw new RemoteError('protocol', `submodule ${splitUserInfo(url).url}: ${refused.message}`)
    const host = hostOf(url)
    if (request.hosts?.includes(host) === false)
      throw new RemoteError('protocol', `submodule ${splitUserInfo(url).url}: the host '${host}' is not allowed`)
    const own = host === hostOf(parent) ? credentials : {}
    const { ref: _ref, ...rest } = request
    const child = await remotes.get(url, own)
    return (await checkout(child, { ...rest, url, ref: { commit } }, own, depth)).tree
  }

  /** A mirror that lost a file is made anew, once, before the reader hears of it. */
  async function readBlob(remote: Remote, hash: string, target: Target, request: GitRequest): Promise<Uint8Array> {
    try {
      return await remote.mirror.blob(hash)
    } catch (error) {
      if (!looksCorrupt(error)) throw error
      const { signal: _signal, offline: _offline, ...lasting } = request
      await remote.mirror.reset()
      await obtain(remote, target, lasting)
      return remote.mirror.blob(hash)
    }
  }

  async function guarded<T>(
    request: GitRequest,
    credentials: GitCredentials,
    listing: boolean,
    work: (remote: Remote, request: GitRequest) => Promise<T>,
  ): Promise<T | SourceFailure> {
    const refused = refuseAddress(request.url, options.allowLocal ?? false)
    if (refused !== undefined) return refused
    const deadline = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs)
    const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
    const bounded = { ...request, signal }
    try {
      const remote = await remotes.get(request.url, credentials)
      try {
        return await work(remote, bounded)
      } catch (error) {
        if (!looksCorrupt(error)) throw error
        await remote.mirror.reset()
        return await work(remote, bounded)
      }
    } catch (error) {
      const cause = signal.aborted
        ? new RemoteError('timeout', deadline.aborted ? 'context deadline exceeded' : 'context canceled')
        : error
      return explainFailure(cause, splitUserInfo(request.url).url, listing)
    }
  }

  return {
    poll: (request, credentials = {}) =>
      guarded(request, credentials, true, async (remote, bounded) => {
        const resolution = await lookUp(remote, bounded, selectionOf(bounded.ref))
        if (!resolution.found) throw new Unresolved(resolution.message, resolution.hint)
        const target = await choose(remote, bounded, resolution.targets)
        return { status: 'polled', revision: revisionOf(target) } as const
      }),
    fetch: (request, credentials = {}) =>
      guarded(request, credentials, false, (remote, bounded) => checkout(remote, bounded, credentials)),
    close: remotes.close,
  }
}

function callOptions(request: GitRequest) {
  const { timeoutMs = defaultTimeoutMs, signal, force } = request
  return { timeoutMs, ...(signal === undefined ? {} : { signal }), ...(force === undefined ? {} : { force }) }
}

async function hasObject(mirror: Mirror, hash: string, commit: string): Promise<boolean> {
  return hash === commit || (await mirror.tag(hash)) !== undefined
}

function refusesHash(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /not our ref|unadvertised object|no such remote ref|couldn't find remote ref/i.test(error.stderr)
  )
}

async function dropUnused(mirrors: string, now: number): Promise<void> {
  for (const name of await readdir(mirrors)) {
    const folder = path.join(mirrors, name)
    const { mtimeMs } = await stat(folder)
    if (now - mtimeMs > unusedMs) await rm(folder, { recursive: true, force: true })
  }
}
