import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import { type DirectoryNode, directoryNode, type NodeTree, nodeTree, type TreeNode } from './tree/node.ts'
import { objectHash } from './tree/object-hash.ts'

export interface FolderTreeOptions {
  readonly revision?: string
  /** Names that are not looked at, anywhere in the folder. Default: `.git` and `node_modules`. */
  readonly skip?: readonly string[]
  /** Where the snapshot stops with an error instead of reading on; default 200,000 entries. */
  readonly maxFiles?: number
}

/**
 * A snapshot of a folder on disk: everything is hashed now, bytes are read again when asked for. A file that changed in
 * between is an error (`file-changed`) when it is read, never other content than the hash says. Empty directories are left
 * out, as in a commit; sockets and devices are too. Symlinks stay links; nothing behind a link is read.
 */
export async function folderTree(folder: string, options: FolderTreeOptions = {}): Promise<NodeTree> {
  const skip = new Set(options.skip ?? ['.git', 'node_modules'])
  const budget = { left: options.maxFiles ?? 200_000 }
  const root = await scan(path.resolve(folder), { skip, budget, folder })
  return nodeTree(options.revision ?? 'working-tree', root, async (at, node) => {
    const file = path.join(folder, ...at.split('/'))
    const bytes = node.type === 'symlink' ? await readlink(file, 'buffer') : await readInside(folder, file)
    if (objectHash('blob', bytes) !== node.hash)
      throw failure('file-changed', `${at} changed on disk after the folder was read`, 'read the folder again')
    return bytes
  })
}

interface Scan {
  readonly skip: ReadonlySet<string>
  readonly budget: { left: number }
  readonly folder: string
}

/** As many files as are open at once; more gains nothing and could run out of descriptors. */
const parallel = 32

async function scan(directory: string, context: Scan): Promise<DirectoryNode> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(entry => !context.skip.has(entry.name))
  context.budget.left -= entries.length
  if (context.budget.left < 0)
    throw failure('too-many-files', `${context.folder} holds too many files`, 'choose a smaller folder')
  const nodes: (readonly [string, TreeNode])[] = []
  for (let i = 0; i < entries.length; i += parallel) {
    const part = entries.slice(i, i + parallel)
    const found = await Promise.all(
      part.map(async entry => [entry.name, await nodeOf(path.join(directory, entry.name), context)] as const),
    )
    for (const [name, node] of found) if (node !== undefined) nodes.push([name, node])
  }
  return directoryNode(nodes)
}

async function nodeOf(file: string, context: Scan): Promise<TreeNode | undefined> {
  const stats = await lstat(file)
  if (stats.isDirectory()) {
    const node = await scan(file, context)
    return node.children.size === 0 ? undefined : node
  }
  if (stats.isSymbolicLink()) return { type: 'symlink', hash: objectHash('blob', await readlink(file, 'buffer')) }
  if (!stats.isFile()) return undefined
  return { type: 'file', hash: objectHash('blob', await readFile(file)), executable: (stats.mode & 0o100) !== 0 }
}

/** Reads a file only while no folder on the way to it has become a link. The hash check would notice, but only after reading. */
async function readInside(folder: string, file: string): Promise<Buffer> {
  for (let at = path.dirname(file); at.length > folder.length; at = path.dirname(at)) {
    const stats = await lstat(at)
    if (!stats.isDirectory()) throw failure('file-changed', `${at} is no longer a folder`, 'read the folder again')
  }
  return readFile(file)
}

function failure(code: string, message: string, hint: string): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code, message, hint }])
}
