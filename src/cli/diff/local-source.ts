import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { GitRepository } from '../../api/git-repository.ts'
import { folderTree } from '../../source/folder-tree.ts'
import { artifactTreeMaker } from '../../source/git/artifact-tree.ts'
import type { NodeTree } from '../../source/tree/node.ts'
import { CommandFailure } from '../failure.ts'
import { git as runGit } from '../git-command.ts'
import type { LocalSource } from './previewer.ts'

/** What is wrong with the command's input ends it with 2; 1 says that there are differences. */
function git(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return runGit(folder, args, { env, exitCode: 2 })
}

/** A clone on this disk, with the addresses that it knows itself by. */
export interface Clone {
  readonly root: string
  readonly urls: readonly string[]
}

/** The clone that a folder is in. Fails where it is in none. */
export async function findClone(folder: string): Promise<Clone> {
  if (!existsSync(folder)) throw new CommandFailure(`${folder}: no such folder`, 2)
  const root = await git(folder, ['rev-parse', '--show-toplevel'])
  const remotes = await git(root, ['remote', '-v'])
  const urls = remotes.split('\n').flatMap(line => line.split(/\s/)[1] ?? [])
  return { root, urls: [...new Set(urls)] }
}

/** The files of a commit, laid out in a folder of their own while `work` runs. */
async function withCommit<T>(root: string, sha: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-diff-'))
  try {
    const env = { GIT_INDEX_FILE: path.join(folder, 'index') }
    await git(root, ['read-tree', sha], env)
    await git(root, ['checkout-index', '--all', `--prefix=${path.join(folder, 'files')}/`], env)
    return await work(path.join(folder, 'files'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The whole tree of the clone: its files as they are, or those of a commit. */
export async function withTree<T>(
  { root }: Clone,
  rev: string | undefined,
  work: (tree: NodeTree) => Promise<T>,
): Promise<T> {
  if (rev === undefined) return await work(await folderTree(root, { revision: 'working tree', skip: ['.git'] }))
  const sha = await git(root, ['rev-parse', '--verify', '--end-of-options', `${rev}^{commit}`])
  return await withCommit(
    root,
    sha,
    async folder => await work(await folderTree(folder, { revision: `${rev}@sha1:${sha}` })),
  )
}

/** What of a tree the artifact of a GitRepository would hold. */
export async function artifactOf(tree: NodeTree, { spec }: GitRepository): Promise<LocalSource> {
  const { ignore, sparseCheckout } = spec
  const selected = await artifactTreeMaker()(tree, { ignore, sparseCheckout })
  if ('status' in selected) throw new CommandFailure(`${selected.message} (${selected.hint})`, 2)
  return { revision: tree.revision, tree: selected }
}

/** `git@host:a/b.git` and `ssh://git@host/a/b` name the same repository, and so do other spellings of one address. */
export function sameRepository(a: string, b: string): boolean {
  return bareAddress(a) === bareAddress(b)
}

function bareAddress(url: string): string {
  const plain = url.replace(/^([^/@:]+@)?([^/:@]+):(?!\/)/, 'ssh://$2/')
  return plain
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/^[^@/]*@/, '')
    .replace(/(\.git)?\/*$/, '')
    .toLowerCase()
}
