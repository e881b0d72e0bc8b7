import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { type DirectoryNode, directoryNode, emptyDirectory, type TreeNode } from '../tree/node.ts'
import { GitError } from './git-process.ts'
import type { ObjectReader } from './object-reader.ts'

/** A submodule's place in a directory: what commit of another repository belongs there. */
export interface Gitlink {
  readonly path: string
  readonly commit: string
}

/** The directories of commits, read once each: a commit that touches one file costs as many reads as the file has parents. */
export interface DirectoryLoader {
  /** Everything below a tree object. Rejects with `GitError` where the object is missing, `DiagnosticError` on unsafe names. */
  load(oid: string): Promise<DirectoryNode>
  /** Submodules below a tree that was loaded. */
  gitlinks(root: DirectoryNode): readonly Gitlink[]
}

interface TreeItem {
  readonly name: string
  readonly mode: string
  readonly oid: string
}

/** Directories that are remembered before all are dropped. */
const maxDirectories = 50_000

/** Trees can name one subtree many times over, so that a few objects stand for more files than memory holds. */
const maxFiles = 1_000_000
const maxDepth = 256

interface Loaded {
  readonly node: DirectoryNode
  readonly files: number
  readonly depth: number
}

export function directoryLoader(reader: ObjectReader): DirectoryLoader {
  let known = new Map<string, Promise<Loaded>>()
  const links = new Map<string, ReadonlyMap<string, string>>()

  function load(oid: string): Promise<Loaded> {
    const loading = known.get(oid) ?? read(oid)
    known.set(oid, loading)
    loading.catch(() => known.delete(oid))
    return loading
  }

  async function read(oid: string): Promise<Loaded> {
    const object = await reader.read(oid)
    if (object?.type !== 'tree') throw new GitError('exit', `tree ${oid} is missing`, `missing tree ${oid}`)
    const items = parseTree(object.bytes)
    const gitlinks = items.filter(item => item.mode === '160000')
    if (gitlinks.length > 0) links.set(oid, new Map(gitlinks.map(item => [item.name, item.oid])))
    const folders = await Promise.all(items.filter(item => item.mode === '40000').map(item => load(item.oid)))
    const files = folders.reduce((sum, folder) => sum + folder.files, items.length - folders.length)
    const depth = folders.reduce((deepest, folder) => Math.max(deepest, folder.depth + 1), 0)
    if (files > maxFiles || depth > maxDepth) throw tooMany()
    const subtrees = folders.map(folder => folder.node).values()
    const children = items.map(item => [item.name, nodeOf(item) ?? subtrees.next().value!] as const)
    return { node: directoryNode(children, oid), files, depth }
  }

  function gitlinks(root: DirectoryNode, prefix = ''): Gitlink[] {
    const own = Array.from(links.get(root.hash) ?? [], ([name, commit]) => ({ path: `${prefix}${name}`, commit }))
    const below = [...root.children].flatMap(([name, node]) =>
      node.type === 'directory' ? gitlinks(node, `${prefix}${name}/`) : [],
    )
    return [...own, ...below]
  }

  return {
    async load(oid) {
      if (known.size > maxDirectories) {
        known = new Map()
        links.clear()
      }
      return (await load(oid)).node
    },
    gitlinks: root => gitlinks(root),
  }
}

/** The node of anything but a directory. A submodule is an empty folder until somebody fills it. */
function nodeOf({ mode, oid }: TreeItem): TreeNode | undefined {
  if (mode === '40000') return undefined
  if (mode === '160000') return emptyDirectory
  if (mode === '120000') return { type: 'symlink', hash: oid }
  return { type: 'file', hash: oid, executable: (Number.parseInt(mode, 8) & 0o100) !== 0 }
}

/** The entries of a tree object: `<mode> <name>\0<20 bytes>`, repeated. Names that could leave the folder are refused. */
export function parseTree(bytes: Buffer): TreeItem[] {
  const items: TreeItem[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const space = bytes.indexOf(32, at)
    const zero = bytes.indexOf(0, space)
    if (space < 0 || zero < 0 || zero + 21 > bytes.byteLength) throw new GitError('exit', 'tree object is cut short')
    const name = bytes.toString('utf8', space + 1, zero)
    if (name === '' || name === '.' || name === '..' || name.includes('/')) throw unsafeName(name)
    items.push({
      mode: bytes.toString('latin1', at, space).replace(/^0+/, ''),
      name,
      oid: bytes.toString('hex', zero + 1, zero + 21),
    })
    at = zero + 21
  }
  return items
}

function unsafeName(name: string): DiagnosticError {
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'unsafe-path',
      message: `the commit holds an entry named ${JSON.stringify(name)}, which no honest tool writes`,
      hint: 'rebuild the commit without it; its tree object was made by hand',
    },
  ])
}

function tooMany(): DiagnosticError {
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'too-many-files',
      message: `the commit holds more than ${maxFiles} files or is nested deeper than ${maxDepth} folders`,
      hint: 'split the repository',
    },
  ])
}
