import type { Tree, TreeEntry } from './tree.ts'

/**
 * Where a path leads. `path` is clean and passes no symlink; `symlinks` are the links that were followed, in order: a
 * result depends on their text as well. `reason` says why nothing can be there: nothing at `at`, a file used as a folder,
 * a link or `..` that leaves the root, or links that go round in circles.
 */
export type ResolvedPath =
  | { readonly found: true; readonly path: string; readonly entry: TreeEntry; readonly symlinks: readonly string[] }
  | {
      readonly found: false
      readonly reason: 'missing' | 'not-a-directory' | 'outside' | 'cycle'
      readonly at: string
      readonly symlinks: readonly string[]
    }

/** As many links as Linux follows for one path. */
const maxLinks = 40

/**
 * Follows a path with `.`, `..`, doubled slashes and symlinks to what is there, never leaving the root. A leading `/` is
 * the root of the tree. Absolute link targets lead outside: nobody knows what lies there on another machine.
 */
export async function resolvePath(tree: Tree, path: string, from = ''): Promise<ResolvedPath> {
  const symlinks: string[] = []
  const pending = path.split('/').reverse()
  let folder = path.startsWith('/') || from === '' ? [] : from.split('/')
  let entry = tree.entry(folder.join('/'))
  while (pending.length > 0) {
    const name = pending.pop()!
    if (name === '' || name === '.') continue
    const here = folder.join('/')
    if (entry?.type !== 'directory')
      return { found: false, reason: entry === undefined ? 'missing' : 'not-a-directory', at: here, symlinks }
    if (name === '..') {
      if (folder.length === 0) return { found: false, reason: 'outside', at: here, symlinks }
      folder = folder.slice(0, -1)
      entry = tree.entry(folder.join('/'))
      continue
    }
    const at = [...folder, name].join('/')
    entry = tree.entry(at)
    if (entry === undefined) return { found: false, reason: 'missing', at, symlinks }
    if (entry.type !== 'symlink') {
      folder = at.split('/')
      continue
    }
    if (symlinks.length >= maxLinks) return { found: false, reason: 'cycle', at, symlinks }
    symlinks.push(at)
    const target = new TextDecoder().decode(await tree.read(at))
    if (target.startsWith('/')) return { found: false, reason: 'outside', at, symlinks }
    pending.push(...target.split('/').reverse())
    entry = tree.entry(here)
  }
  const resolved = folder.join('/')
  return entry === undefined
    ? { found: false, reason: 'missing', at: resolved, symlinks }
    : { found: true, path: resolved, entry, symlinks }
}
