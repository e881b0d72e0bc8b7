import { watch } from 'node:fs'
import { cp, mkdir, rm, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { serveGit } from '../../server/git-http.ts'
import { CommandFailure } from '../failure.ts'
import { git as runGit } from '../git-command.ts'

/** Where the manifests come from. */
export interface Repository {
  /** Name for the objects that refer to it. */
  readonly name: string
  /** What goes into `spec.url`. */
  readonly url: string
  readonly branch: string
  /** True where people can clone it from `url` and push to it. */
  readonly writable: boolean
  /** Folder with the files as of now, for finding entry objects; undefined for repositories elsewhere. */
  readonly folder: string | undefined
  close(): Promise<void>
}

interface Options {
  /** A folder of our own. */
  readonly dataDir: string
  readonly branch?: string
  /** Called when there may be something new. */
  readonly onPush: (url: string) => void
}

const EXAMPLE = path.join(import.meta.dirname, '../../../examples/druppie-apps')
const AUTHOR = ['-c', 'user.name=Lockstep', '-c', 'user.email=lockstep@example.test', '-c', 'commit.gpgsign=false']

function git(folder: string, ...args: string[]): Promise<string> {
  return runGit(folder, [...AUTHOR, ...args])
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  )
}

/** A repository made from the sample, which people can clone and push to. Kept data keeps their commits. */
export async function sampleRepository({ dataDir, onPush }: Options): Promise<Repository> {
  const root = path.join(dataDir, 'repositories')
  const bare = path.join(root, 'druppie-apps.git')
  if (!(await exists(bare))) {
    const work = path.join(dataDir, 'sample')
    await mkdir(bare, { recursive: true })
    await cp(EXAMPLE, work, { recursive: true })
    await git(work, 'init', '-q', '--initial-branch=main')
    await git(work, 'add', '.')
    await git(work, 'commit', '-q', '-m', 'A small shop in three environments')
    await git(bare, 'init', '-q', '--bare', '--initial-branch=main')
    await git(work, 'push', '-q', bare, 'main')
    await rm(work, { recursive: true })
  }
  const server = await serveGit({ root, onPush: name => onPush(`${server.url}/${name}`) })
  const url = `${server.url}/druppie-apps.git`
  return { name: 'druppie-apps', url, branch: 'main', writable: true, folder: EXAMPLE, close: () => server.close() }
}

/** A name for objects made of the last part of an address. */
function nameOf(address: string): string {
  const last =
    address
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .split(/[/:]/)
      .at(-1) ?? ''
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'repository' : name.slice(0, 50)
}

/** A folder on this machine: served read-only to the engine, which looks again whenever a commit or branch changes. */
async function folderRepository(folder: string, { dataDir, branch, onPush }: Options): Promise<Repository> {
  const top = await git(folder, 'rev-parse', '--show-toplevel').catch(() => folder)
  const gitDir = path.resolve(folder, await git(folder, 'rev-parse', '--git-common-dir'))
  const root = path.join(dataDir, 'repositories')
  const name = nameOf(top)
  await mkdir(root, { recursive: true })
  await rm(path.join(root, `${name}.git`), { force: true, recursive: true })
  await symlink(gitDir, path.join(root, `${name}.git`))
  const server = await serveGit({ root, onPush: pushed => onPush(`${server.url}/${pushed}`) })
  const url = `${server.url}/${name}.git`
  const watcher = watch(gitDir, { recursive: true }, (_, file) => {
    if (file !== null && /^(HEAD|packed-refs|refs\/heads\/.*|logs\/HEAD)$/.test(file)) onPush(url)
  })
  const current = await git(folder, 'symbolic-ref', '--short', 'HEAD').catch(() => 'main')
  return {
    name,
    url,
    branch: branch ?? current,
    writable: false,
    folder: top,
    async close() {
      watcher.close()
      await server.close()
    },
  }
}

/** The repository that `--repo` names: a folder, or an address. */
export async function openRepository(address: string, options: Options): Promise<Repository> {
  if (await exists(address)) return await folderRepository(path.resolve(address), options)
  if (!/^(https?|ssh):\/\//.test(address)) {
    throw new CommandFailure(`'${address}' is neither a folder nor an http, https or ssh address`)
  }
  const head = await git(options.dataDir, 'ls-remote', '--symref', address, 'HEAD')
  const remote = /^ref: refs\/heads\/(\S+)\tHEAD/m.exec(head)?.[1] ?? 'main'
  return {
    name: nameOf(address),
    url: address,
    branch: options.branch ?? remote,
    writable: false,
    folder: undefined,
    close: async () => {},
  }
}
