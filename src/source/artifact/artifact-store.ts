import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Artifact } from '../../api/artifact.ts'
import type { Tree } from '../../manifest/tree.ts'
import { packTarball, type Tarball } from './tarball.ts'

/** Whose artifact it is; `kind` as in the object (`GitRepository`). */
export interface ArtifactOwner {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** Tarballs of trees for other controllers, with their addresses. */
export interface ArtifactStore {
  /** Packs a tree, keeps the file, and gives what belongs into `status.artifact`. `file` is the name without `.tar.gz`. */
  put(owner: ArtifactOwner, file: string, tree: Tree): Promise<Artifact>
  /**
   * Takes over an artifact that a status names: after a restart its file is still there, or is made when it is asked for.
   * It is served only while its bytes have the digest that the status says. Where they cannot (another program packed it,
   * or another processor), `onStale` is called when somebody asks: time to `put` it anew. False, and nothing is done, where
   * the address is not one that this store answers at.
   */
  adopt(owner: ArtifactOwner, artifact: Artifact, load: () => Promise<Tree>, onStale?: () => void): boolean
  /** Forgets everything of an owner; gives the number of artifacts. */
  remove(owner: ArtifactOwner): Promise<number>
  /** Answers GET and HEAD for artifacts by their path; anything else is 404 or 405. For `node:http`. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
}

export interface ArtifactStoreOptions {
  readonly folder: string
  /** What other controllers reach this server by: `http://host[:port]`. */
  readonly address: string
  /** How many artifacts of an owner stay when newer ones come; default 2. */
  readonly keep?: number
  /** How long the others stay on top of that, for those who are still downloading; default 60 s. */
  readonly ttlMs?: number
  readonly now?: () => number
}

interface Stored {
  readonly artifact: Artifact
  readonly since: number
  readonly load: () => Promise<Tree>
  readonly onStale?: (() => void) | undefined
  making?: Promise<Tarball>
}

export async function openArtifactStore(options: ArtifactStoreOptions): Promise<ArtifactStore> {
  const { folder, keep = 2, ttlMs = 60_000, now = Date.now } = options
  const address = options.address.replace(/\/+$/, '')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await removeUnfinished(folder)
  const stored = new Map<string, Map<string, Stored>>()
  let serial = 0

  const ownerPath = (owner: ArtifactOwner) => [owner.kind.toLowerCase(), owner.namespace, owner.name].join('/')
  const local = (artifactPath: string) => path.join(folder, ...artifactPath.split('/'))

  async function writeFile(artifactPath: string, tree: Tree): Promise<Tarball> {
    const file = local(artifactPath)
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const unfinished = `${file}.${process.pid}-${serial++}`
    const handle = await open(unfinished, 'wx', 0o600)
    try {
      const tarball = await packTarball(tree, part => handle.writeFile(part))
      await handle.close()
      await rename(unfinished, file)
      return tarball
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(unfinished, { force: true })
      throw error
    }
  }

  function register(owner: ArtifactOwner, entry: Stored): Map<string, Stored> {
    const own = stored.get(ownerPath(owner)) ?? new Map<string, Stored>()
    own.delete(entry.artifact.path)
    own.set(entry.artifact.path, entry)
    stored.set(ownerPath(owner), own)
    return own
  }

  async function dropOld(own: Map<string, Stored>): Promise<void> {
    for (const [artifactPath, { since }] of [...own].slice(0, Math.max(0, own.size - keep))) {
      if (now() - since < ttlMs) continue
      own.delete(artifactPath)
      await rm(local(artifactPath), { force: true })
    }
  }

  function find(artifactPath: string): Stored | undefined {
    return stored.get(artifactPath.slice(0, artifactPath.lastIndexOf('/')))?.get(artifactPath)
  }

  /** The file of an artifact, made again where it is gone; undefined where it cannot be made as promised. */
  async function fileOf(entry: Stored): Promise<string | undefined> {
    const { artifact } = entry
    const file = local(artifact.path)
    const size = (await stat(file).catch(() => undefined))?.size
    if (size === artifact.size) return file
    entry.making ??= entry.load().then(tree => writeFile(artifact.path, tree))
    try {
      const { digest } = await entry.making
      if (digest === artifact.digest) return file
      await rm(file, { force: true })
      entry.onStale?.()
      return undefined
    } finally {
      delete entry.making
    }
  }

  return {
    async put(owner, name, tree) {
      const artifactPath = `${ownerPath(owner)}/${name}.tar.gz`
      const { digest, size } = await writeFile(artifactPath, tree)
      const artifact: Artifact = {
        digest,
        lastUpdateTime: `${new Date(now()).toISOString().slice(0, 19)}Z`,
        path: artifactPath,
        revision: tree.revision,
        size,
        url: `${address}/${artifactPath}`,
      }
      await dropOld(register(owner, { artifact, since: now(), load: async () => tree }))
      return artifact
    },
    adopt(owner, artifact, load, onStale) {
      const isOwn = artifact.path.startsWith(`${ownerPath(owner)}/`) && !artifact.path.includes('..')
      if (!isOwn || artifact.url !== `${address}/${artifact.path}`) return false
      register(owner, { artifact, since: now(), load, onStale })
      return true
    },
    async remove(owner) {
      const own = stored.get(ownerPath(owner))
      stored.delete(ownerPath(owner))
      await rm(local(ownerPath(owner)), { recursive: true, force: true })
      return own?.size ?? 0
    },
    async handle(request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405)
      // Paths are keys of a map and never looked up on disk, so there is nothing to climb out of.
      const entry = find(decodePath(request.url ?? '/'))
      const file = entry === undefined ? undefined : await fileOf(entry).catch(() => undefined)
      if (entry === undefined || file === undefined) return end(response, 404)
      response.writeHead(200, {
        'content-type': 'application/gzip',
        'content-length': entry.artifact.size ?? (await stat(file)).size,
        etag: `"${entry.artifact.digest}"`,
        'x-content-type-options': 'nosniff',
      })
      if (request.method === 'HEAD') response.end()
      else await pipeline(createReadStream(file), response).catch(() => response.destroy())
    },
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`)
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname).slice(1)
  } catch {
    return ''
  }
}

/** Files under a folder that are no finished artifact: what a crash left behind. Deletes them. */
async function removeUnfinished(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const file of files)
    if (file.isFile() && /\.tar\.gz\.\d+-\d+$/.test(file.name))
      await rm(path.join(file.parentPath, file.name), { force: true })
}
