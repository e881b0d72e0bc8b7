import { mkdir, rename, rm, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { DirectoryNode } from '../tree/node.ts'
import { type GitCommit, type GitTag, parseCommit, parseTag } from './commit.ts'
import { type DirectoryLoader, directoryLoader, type Gitlink } from './directory-loader.ts'
import { configVariables, type GitEnvironment } from './git-environment.ts'
import { GitError, runGit } from './git-process.ts'
import { withLock } from './mirror-lock.ts'
import { type ObjectReader, objectReader } from './object-reader.ts'
import type { CallOptions, Transport } from './transport.ts'
import { writeAtomic } from './write-atomic.ts'

/** What is wanted from the remote: `from` is a hash, a full ref or a pattern of refs; `name` is how the mirror remembers it. */
export interface Want {
  readonly from: string
  readonly name: string
}

/** A bare copy of one remote, shallow where nothing asks for history; shared by all who name the remote. */
export interface Mirror {
  /** Makes the wanted objects present, and with `history` everything that leads to them. Rejects with `RemoteError`. */
  fetch(wants: readonly Want[], options: CallOptions & { readonly history?: boolean }): Promise<void>
  /** Whether `ancestor` is on the way to `tip`; both must have been fetched with history. */
  isAncestor(ancestor: string, tip: string): Promise<boolean>
  commit(revision: string): Promise<GitCommit | undefined>
  /** The annotated tag object; undefined for a lightweight tag. */
  tag(hash: string): Promise<GitTag | undefined>
  directory(tree: string): Promise<DirectoryNode>
  gitlinks(root: DirectoryNode): readonly Gitlink[]
  /** A file's bytes by its hash. */
  blob(hash: string): Promise<Uint8Array>
  /** Once in a while, packs what is needed and drops what is not. `keep`: commits in use whatever the refs say. */
  collectGarbage(keep: readonly string[]): Promise<void>
  /** Throws the local copy away; the next fetch makes a new one. */
  reset(): Promise<void>
  close(): void
}

const localTimeout = 60_000

/** How often a mirror's folder says that it is in use; long unused ones are deleted on start. */
const markMs = 3_600_000

/** Never `refs/heads`, so that nothing takes the mirror for a clone. */
const refsFolder = 'refs/lockstep/'
const pinsFolder = 'refs/lockstep-pins/'

export interface MirrorOptions {
  /** Fetches after which loose objects and packs are put together; default 100. */
  readonly collectAfter?: number
}

export function openMirror(
  git: GitEnvironment,
  gitDir: string,
  transport: Pick<Transport, 'fetch'>,
  { collectAfter = 100 }: MirrorOptions = {},
): Mirror {
  const lock = `${gitDir}.lock`
  let reader: ObjectReader = objectReader(git, gitDir)
  let loader: DirectoryLoader = directoryLoader(reader)
  let ready = false
  let fetches = 0
  let marked = 0
  const touched = new Set<string>()

  async function prepare(): Promise<void> {
    if (!ready) await initialize(gitDir)
    ready = true
    if (Date.now() - marked < markMs) return
    marked = Date.now()
    const now = new Date()
    await utimes(gitDir, now, now)
  }

  async function reset(): Promise<void> {
    ready = false
    marked = 0
    reader.close()
    const aside = `${gitDir}.broken-${process.pid}`
    await rename(gitDir, aside).catch(() => {})
    await rm(aside, { recursive: true, force: true })
    reader = objectReader(git, gitDir)
    loader = directoryLoader(reader)
  }

  return {
    async fetch(wants, options) {
      await prepare()
      await withLock(lock, options.timeoutMs, async () => {
        // What git takes for "all of it"; it also undoes what an earlier shallow fetch cut off.
        const depth = options.history ? '--depth=2147483647' : '--depth=1'
        const refspecs = wants.map(({ from, name }) => `+${from}:${refsFolder}${name}`)
        await withoutStaleLocks(gitDir, () => transport.fetch(gitDir, [depth], refspecs, options))
        for (const { name } of wants) touched.add(`${refsFolder}${name}`)
      })
      fetches++
    },
    async isAncestor(ancestor, tip) {
      try {
        await local(['merge-base', '--is-ancestor', ancestor, tip])
        return true
      } catch (error) {
        if (error instanceof GitError && error.kind === 'exit' && error.stderr === '') return false
        throw error
      }
    },
    async commit(revision) {
      await prepare()
      const object = await reader.read(`${revision}^{commit}`)
      return object?.type === 'commit' ? parseCommit(object.oid, object.bytes) : undefined
    },
    async tag(hash) {
      const object = await reader.read(hash)
      return object?.type === 'tag' ? parseTag(object.oid, object.bytes) : undefined
    },
    directory: tree => loader.load(tree),
    gitlinks: root => loader.gitlinks(root),
    async blob(hash) {
      const object = await reader.read(hash)
      if (object?.type !== 'blob') throw new GitError('exit', `blob ${hash} is missing`, `missing blob ${hash}`)
      return object.bytes
    },
    async collectGarbage(keep) {
      if (!ready || fetches < collectAfter) return
      fetches = 0
      await withLock(lock, localTimeout, async () => {
        const names = (await local(['for-each-ref', '--format=%(refname)', refsFolder, pinsFolder]))
          .toString()
          .split('\n')
        const old = names.filter(name => name !== '' && !touched.has(name)).map(name => `delete ${name}\n`)
        const pins = (await presentOf(keep)).map(hash => `update ${pinsFolder}${hash} ${hash}\n`)
        await local(
          ['update-ref', '--stdin'],
          old.filter(line => !keep.some(hash => line.endsWith(`${hash}\n`))).join(''),
        )
        await local(['update-ref', '--stdin'], pins.join(''))
        await local(['repack', '-A', '-d', '-q', '--unpack-unreachable=1.hour.ago'])
        await local(['prune', '--expire=1.hour.ago'])
      })
    },
    reset,
    close: () => reader.close(),
  }

  /** Only those that are here: a hash that names nothing would spoil the whole update. */
  async function presentOf(hashes: readonly string[]): Promise<string[]> {
    const found = await Promise.all(hashes.map(hash => reader.read(hash)))
    return hashes.filter((_, index) => found[index] !== undefined)
  }

  async function local(args: readonly string[], input = ''): Promise<Buffer> {
    const env = { ...git.base, ...configVariables(git, []), GIT_DIR: gitDir }
    return (await runGit({ args, cwd: gitDir, env, input, timeoutMs: localTimeout })).stdout
  }
}

/** A git that was killed leaves its lock files. Nobody else works here while we hold the mirror's lock, so they can go. */
async function withoutStaleLocks(gitDir: string, work: () => Promise<void>, attempts = 10): Promise<void> {
  try {
    await work()
  } catch (error) {
    const file =
      error instanceof GitError ? /Unable to create '([^']+\.lock)': File exists/.exec(error.stderr)?.[1] : undefined
    const inside = file === undefined ? '' : path.relative(gitDir, path.resolve(gitDir, file))
    if (inside === '' || inside.startsWith('..') || attempts === 0) throw error
    await rm(path.join(gitDir, inside), { force: true })
    await withoutStaleLocks(gitDir, work, attempts - 1)
  }
}

/** An empty bare repository, without starting git for it. */
async function initialize(gitDir: string): Promise<void> {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info'])
    await mkdir(path.join(gitDir, folder), { recursive: true, mode: 0o700 })
  const files = { HEAD: 'ref: refs/heads/none\n', config: '[core]\n\trepositoryformatversion = 0\n\tbare = true\n' }
  for (const [name, text] of Object.entries(files)) await writeAtomic(path.join(gitDir, name), text)
}

/** Whether git complained about its own files and not about the remote. */
export function looksCorrupt(error: unknown): boolean {
  if (!(error instanceof GitError) || error.kind !== 'exit') return false
  return /missing (tree|blob|commit)|corrupt|bad object|bad tree|unable to (read|unpack)|not a git repository|invalid (object|index-pack)|inflate|packfile|broken/i.test(
    `${error.message}\n${error.stderr}`,
  )
}
