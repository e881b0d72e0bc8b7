import type { Tree } from '../manifest/tree.ts'
import { type DirectoryNode, directoryNode, type NodeTree, nodeTree, type TreeNode } from './tree/node.ts'
import { objectHash } from './tree/object-hash.ts'

/** What a file in memory is made of: text, bytes, the target of a symlink, or an executable's text. */
export type MemoryFile =
  | string
  | Uint8Array
  | { readonly symlink: string }
  | { readonly executable: string | Uint8Array }

/**
 * A tree held in memory: a map of clean path to content. Directories follow from the paths. Hashes are those that Git
 * gives the same content. Throws a `TypeError` where one path is both file and directory, or a path is not clean.
 */
export function memoryTree(files: Readonly<Record<string, MemoryFile>>, revision = 'memory'): NodeTree {
  const blobs = new Map<string, Uint8Array>()
  const root: Draft = new Map()
  for (const [path, file] of Object.entries(files)) {
    const { node, bytes } = fileNode(file)
    blobs.set(node.hash, bytes)
    place(root, path, node)
  }
  return nodeTree(revision, finish(root), async (_path, node) => blobs.get(node.hash)!)
}

/** The text of every file of a tree by path, symlinks left out; for tests and small trees. */
export async function treeTexts(tree: Tree, folder = ''): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const entry of tree.list(folder) ?? []) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.type === 'directory') Object.assign(texts, await treeTexts(tree, path))
    else if (entry.type === 'file') texts[path] = Buffer.from(await tree.read(path)).toString()
  }
  return texts
}

type Draft = Map<string, Draft | Exclude<TreeNode, DirectoryNode>>

function fileNode(file: MemoryFile): { node: Exclude<TreeNode, DirectoryNode>; bytes: Uint8Array } {
  if (typeof file === 'string' || file instanceof Uint8Array) {
    const bytes = Buffer.from(file)
    return { node: { type: 'file', hash: objectHash('blob', bytes), executable: false }, bytes }
  }
  if ('symlink' in file) {
    const bytes = Buffer.from(file.symlink)
    return { node: { type: 'symlink', hash: objectHash('blob', bytes) }, bytes }
  }
  const bytes = Buffer.from(file.executable)
  return { node: { type: 'file', hash: objectHash('blob', bytes), executable: true }, bytes }
}

function place(root: Draft, path: string, node: Exclude<TreeNode, DirectoryNode>): void {
  const names = path.split('/')
  if (names.some(name => name === '' || name === '.' || name === '..'))
    throw new TypeError(`path is not clean: ${path}`)
  const last = names.pop()!
  let folder = root
  for (const name of names) {
    const next = folder.get(name) ?? new Map()
    if (!(next instanceof Map)) throw new TypeError(`${path}: ${name} is a file`)
    folder.set(name, next)
    folder = next
  }
  if (folder.has(last)) throw new TypeError(`${path} is there twice`)
  folder.set(last, node)
}

function finish(draft: Draft): DirectoryNode {
  return directoryNode(Array.from(draft, ([name, node]) => [name, node instanceof Map ? finish(node) : node] as const))
}
