import type { Tree } from '../../manifest/tree.ts'
import { fail } from './problem.ts'
import { isRemoteFile, parseRepository, type RepositorySpec } from './remote.ts'
import { type FirstDocument, firstDocument } from './yaml-text.ts'

/** A tree with the files of it that were read, so that the build itself needs no waiting. */
export interface Source {
  readonly tree: Tree
  /** What stands before paths in messages: the folder that the tree's root is, without a slash at the end. */
  readonly rootName: string
  /** Content of files and text of symlinks by path. */
  readonly contents: Map<string, Uint8Array>
  /** Kustomization files that have been parsed; nothing changes them. */
  readonly documents: Map<string, FirstDocument>
  /** Directories that have been found without following a symlink. */
  readonly folders: Set<string>
  /** Files that were not read, and the limit that was reached. */
  readonly refused: Map<string, 'limit-files' | 'limit-bytes'>
}

/** Something from outside that could not be had. */
export interface Refusal {
  readonly message: string
  readonly hint?: string
}

/** The first document of a file of the source, parsed once. */
export function documentOf(source: Source, path: string, bytes: Uint8Array): FirstDocument {
  const known = source.documents.get(path)
  if (known !== undefined) return known
  const document = firstDocument(bytes, path)
  source.documents.set(path, document)
  return document
}

/** Files of a chart by their path in it. */
export type ChartFiles = ReadonlyMap<string, Uint8Array>

/** A chart to get from its repository. */
export interface ChartSource {
  readonly name: string
  readonly repo: string
  readonly version: string
  readonly devel: boolean
}

/** One run of `helm template`. */
export interface ChartRun {
  readonly name: string
  readonly files: ChartFiles
  readonly values: string
  readonly additionalValues: readonly Uint8Array[]
  /** Name of the release; helm makes one up where it is empty. */
  readonly releaseName: string
  /** Further arguments. */
  readonly arguments: readonly string[]
}

/** What does not come out of the tree: repositories and files from the network by how they are written, charts by key. */
export interface Remotes {
  readonly repositories: Map<string, Source | Refusal>
  readonly files: Map<string, Uint8Array | Refusal>
  readonly charts: Map<string, ChartFiles | Refusal>
  readonly chartOutputs: Map<string, string | Refusal>
}

/** True where nothing came from outside of the tree, so that the tree alone decides the result. */
export function isLocal(remotes: Remotes): boolean {
  return Object.values(remotes).every(found => found.size === 0)
}

/** What has to be read before the build can go on. */
export type Need =
  | { readonly kind: 'file'; readonly source: Source; readonly path: string }
  | { readonly kind: 'repository'; readonly spec: RepositorySpec }
  | { readonly kind: 'remote-file'; readonly url: string }
  | { readonly kind: 'chart'; readonly key: string; readonly chart: ChartSource }
  | { readonly kind: 'chart-output'; readonly key: string; readonly run: ChartRun }

/** Ends an attempt to build; the need is met and the build starts again. */
export class NeedError extends Error {
  readonly need: Need
  constructor(need: Need) {
    super(`not read yet: ${need.kind}`)
    this.need = need
  }
}

/** Where a kustomization stands, and what it may read. */
export interface Loader {
  readonly source: Source
  readonly dir: string
  readonly referrer: Loader | undefined
  /** Files have to be in or below the directory. */
  readonly restricted: boolean
  readonly repository: RepositorySpec | undefined
  readonly remotes: Remotes
  /** Told about every path that the result depends on; `hash` where it is known. */
  readonly noteRead: (source: Source, path: string, hash?: string) => void
}

export function displayPath(source: Source, path: string): string {
  return path === '' ? source.rootName || '/' : `${source.rootName}/${path}`
}

export const rootOf = (loader: Loader): string => displayPath(loader.source, loader.dir)

/** Parts that say something else than a name. */
const unclean = /(^|\/)\.{0,2}(\/|$)/

/** Joins and cleans; undefined where the path leaves the root. */
export function joinPath(dir: string, path: string): string | undefined {
  if (!unclean.test(path)) return dir === '' ? path : `${dir}/${path}`
  const parts = path.startsWith('/') ? [] : dir.split('/').filter(part => part !== '')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

type Resolved = (
  | { readonly type: 'file' | 'directory'; readonly path: string }
  | { readonly error: string; readonly code: 'file-missing' | 'link-outside-tree' | 'link-cycle' }
) & {
  /** Symlinks on the way; the result depends on them too. */
  readonly links: readonly string[]
}

const maxLinks = 40

/** Follows symlinks, which never lead out of the tree. */
export function resolvePath(source: Source, path: string): Resolved {
  const links: string[] = []
  let pending = path.split('/').filter(part => part !== '')
  let at = ''
  while (pending.length > 0) {
    const [part = '', ...rest] = pending
    const next = at === '' ? part : `${at}/${part}`
    if (source.folders.has(next)) {
      at = next
      pending = rest
      continue
    }
    const entry = source.tree.entry(next)
    if (entry === undefined) {
      const isBelowFile = at !== '' && source.tree.entry(at)?.type === 'file'
      return {
        error: `lstat ${displayPath(source, next)}: ${isBelowFile ? 'not a directory' : 'no such file or directory'}`,
        code: 'file-missing',
        links,
      }
    }
    if (entry.type !== 'symlink') {
      if (entry.type === 'directory') source.folders.add(next)
      at = next
      pending = rest
      continue
    }
    links.push(next)
    if (links.length > maxLinks)
      return { error: `lstat ${displayPath(source, path)}: too many links`, code: 'link-cycle', links }
    const bytes = source.contents.get(next)
    if (bytes === undefined) throw new NeedError({ kind: 'file', source, path: next })
    const text = Buffer.from(bytes).toString()
    const target = text.startsWith('/') ? undefined : joinPath(at, text)
    if (target === undefined)
      return { error: `symlink ${displayPath(source, next)} leads out of the tree`, code: 'link-outside-tree', links }
    pending = [...target.split('/').filter(name => name !== ''), ...rest]
    at = ''
  }
  const type = at === '' || source.folders.has(at) ? 'directory' : source.tree.entry(at)?.type
  return { type: type === 'directory' ? 'directory' : 'file', path: at, links }
}

const isWithin = (path: string, dir: string): boolean => dir === '' || path === dir || path.startsWith(`${dir}/`)

/** Path of a file to read, or what is wrong with it. */
function locate(
  loader: Loader,
  path: string,
): { readonly path: string } | { readonly error: string; readonly code: string } {
  const joined = joinPath(loader.dir, path)
  const shown = path.startsWith('/') ? path : joined === undefined ? path : displayPath(loader.source, joined)
  if (path.startsWith('/') || joined === undefined)
    return {
      error: `evalsymlink failure on '${shown}' : lstat ${shown}: no such file or directory`,
      code: 'path-outside-tree',
    }
  const resolved = resolvePath(loader.source, joined)
  loader.noteRead(loader.source, 'path' in resolved ? resolved.path : joined)
  for (const link of resolved.links) loader.noteRead(loader.source, link)
  if ('error' in resolved) {
    return loader.restricted
      ? { error: `evalsymlink failure on '${shown}' : ${resolved.error}`, code: resolved.code }
      : { error: `open ${shown}: no such file or directory`, code: resolved.code }
  }
  if (resolved.type === 'directory')
    return {
      error: loader.restricted ? `'${shown}' must resolve to a file` : `read ${shown}: is a directory`,
      code: 'not-a-file',
    }
  const dir = resolved.path.split('/').slice(0, -1).join('/')
  if (loader.restricted && !isWithin(dir, loader.dir))
    return { error: `security; file '${shown}' is not in or below '${rootOf(loader)}'`, code: 'path-outside-root' }
  return { path: resolved.path }
}

/** What stands at a path of the kustomization: a file, a directory, or nothing. */
export function kindOfPath(loader: Loader, path: string): 'file' | 'directory' | undefined {
  if (path.startsWith('/')) return undefined
  const joined = joinPath(loader.dir, path)
  if (joined === undefined) return undefined
  const resolved = resolvePath(loader.source, joined)
  return 'error' in resolved ? undefined : resolved.type
}

const hints: Readonly<Record<string, string>> = {
  'file-missing': 'check the path; it is relative to the kustomization',
  'path-outside-tree': 'paths may not leave the repository',
  'link-outside-tree': 'symlinks may not leave the repository; copy what they name into it',
  'link-cycle': 'the symlinks lead back to themselves',
  'path-outside-root':
    'files have to be in or below the directory of the kustomization; make a base of it, or switch the load restrictor off',
}

/** The content of a file. */
export function loadFile(loader: Loader, path: string): { readonly bytes: Uint8Array; readonly path: string } {
  if (isRemoteFile(path)) return { bytes: remoteFile(loader, path), path }
  const located = locate(loader, path)
  if ('error' in located) return fail(located.error, { code: located.code, hint: hints[located.code] })
  const limit = loader.source.refused.get(located.path)
  if (limit !== undefined) {
    const what = limit === 'limit-files' ? 'number of files' : 'bytes of all files together'
    fail(`${displayPath(loader.source, located.path)} is not read: the build has reached its limit for the ${what}`, {
      code: limit,
      hint: 'split the build, or raise the limit',
    })
  }
  const bytes = loader.source.contents.get(located.path)
  if (bytes === undefined) throw new NeedError({ kind: 'file', source: loader.source, path: located.path })
  return { bytes, path: located.path }
}

function remoteFile(loader: Loader, url: string): Uint8Array {
  const found = loader.remotes.files.get(url)
  if (found === undefined) throw new NeedError({ kind: 'remote-file', url })
  if (found instanceof Uint8Array) return found
  return fail(found.message, { code: 'remote-refused', hint: found.hint })
}

/** A file of the kustomization's own directory that may be missing. */
export function loadOptional(
  loader: Loader,
  name: string,
): { readonly bytes: Uint8Array; readonly path: string } | undefined {
  const located = locate(loader, name)
  return 'error' in located ? undefined : loadFile(loader, name)
}

/** True for a name like `a..b` that is likely an indentation slip in a list of paths. */
function isAmbiguous(path: string): boolean {
  return path.split('/').some(part => part !== '' && part !== '.' && part !== '..' && part.includes('..'))
}

/** The loader of another kustomization that this one names: a directory, or a repository. */
export function enter(loader: Loader, path: string): Loader {
  if (path === '') fail('new root cannot be empty', { code: 'path-empty', hint: 'remove the empty entry' })
  const spec = parseRepository(path)
  if (spec !== undefined) return enterRepository(loader, spec)
  if (path.startsWith('/')) fail(`new root '${path}' cannot be absolute`, { code: 'path-absolute' })
  const joined = joinPath(loader.dir, path)
  if (isAmbiguous(path))
    fail(
      `path ${JSON.stringify(path)} is ambiguous: resolves to ${JSON.stringify(joined ?? path)} after normalization, which is likely not the intended target; check for YAML indentation errors in your kustomization file`,
      { code: 'path-ambiguous' },
    )
  const shown = joined === undefined ? path : displayPath(loader.source, joined)
  const resolved =
    joined === undefined
      ? { error: `lstat ${shown}: no such file or directory`, code: 'path-outside-tree' as const, links: [] }
      : resolvePath(loader.source, joined)
  for (const link of resolved.links) loader.noteRead(loader.source, link)
  if ('error' in resolved) {
    if (joined !== undefined) loader.noteRead(loader.source, joined)
    return fail(
      `must build at directory: not a valid directory: evalsymlink failure on '${shown}' : ${resolved.error}`,
      {
        code: resolved.code,
        hint: hints[resolved.code],
      },
    )
  }
  if (resolved.type === 'file')
    fail(`must build at directory: '${shown}': file is not directory`, { code: 'not-a-directory' })
  checkCycle(loader, loader.source, resolved.path)
  return { ...loader, dir: resolved.path, referrer: loader, repository: undefined }
}

function checkCycle(loader: Loader, source: Source, dir: string): void {
  for (let at: Loader | undefined = loader; at !== undefined; at = at.referrer) {
    if (at.source === source && isWithin(at.dir, dir))
      fail(`cycle detected: candidate root '${displayPath(source, dir)}' contains visited root '${rootOf(at)}'`, {
        code: 'cycle',
        hint: 'a kustomization cannot build itself or a folder that contains it',
      })
  }
}

function enterRepository(loader: Loader, spec: RepositorySpec): Loader {
  for (let at: Loader | undefined = loader; at !== undefined; at = at.referrer) {
    if (at.repository?.raw.startsWith(spec.raw) === true)
      fail(`cycle detected: URI '${spec.raw}' referenced by previous URI '${at.repository.raw}'`, { code: 'cycle' })
  }
  const found = loader.remotes.repositories.get(spec.raw)
  if (found === undefined) throw new NeedError({ kind: 'repository', spec })
  if (!('tree' in found)) return fail(found.message, { code: 'remote-refused', hint: found.hint })
  const resolved = resolvePath(found, spec.path)
  if ('error' in resolved)
    return fail(`evalsymlink failure on '${displayPath(found, spec.path)}' : ${resolved.error}`, {
      code: resolved.code,
      hint: hints[resolved.code],
    })
  if (resolved.type === 'file')
    fail(`'${displayPath(found, spec.path)}' refers to file '${spec.path}'; expecting directory`, {
      code: 'not-a-directory',
    })
  return { ...loader, source: found, dir: resolved.path, referrer: loader, restricted: true, repository: spec }
}
