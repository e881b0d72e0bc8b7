import { compareText } from '../../manifest/compare-text.ts'
import { DiagnosticError } from '../../manifest/diagnostic.ts'
import type { Tree, TreeEntry } from '../../manifest/tree.ts'
import { treeHash } from './object-hash.ts'

/** A file, symlink or directory by content; immutable, so that trees share what they have in common. */
export type TreeNode = FileNode | SymlinkNode | DirectoryNode

export interface FileNode {
  readonly type: 'file'
  readonly hash: string
  readonly executable: boolean
}

export interface SymlinkNode {
  readonly type: 'symlink'
  readonly hash: string
}

/** Children are in name order. `hash` is the name of Git's tree object for the same content. */
export interface DirectoryNode {
  readonly type: 'directory'
  readonly hash: string
  readonly children: ReadonlyMap<string, TreeNode>
}

/** Makes a directory of its children: puts them in order and computes the hash, unless the caller knows it. */
export function directoryNode(children: Iterable<readonly [string, TreeNode]>, hash?: string): DirectoryNode {
  const sorted = [...children].sort(([a], [b]) => compareText(a, b))
  return { type: 'directory', children: new Map(sorted), hash: hash ?? hashOfChildren(sorted) }
}

/** A directory without entries: what a submodule is until somebody fills it. */
export const emptyDirectory: DirectoryNode = directoryNode([])

function hashOfChildren(children: readonly (readonly [string, TreeNode])[]): string {
  return treeHash(children.map(([name, node]) => ({ name, mode: modeOf(node), hash: node.hash })))
}

function modeOf(node: TreeNode): string {
  if (node.type === 'directory') return '40000'
  if (node.type === 'symlink') return '120000'
  return node.executable ? '100755' : '100644'
}

/** The node at a clean relative path; the empty string is the root. */
export function nodeAt(root: DirectoryNode, path: string): TreeNode | undefined {
  if (path === '') return root
  let node: TreeNode | undefined = root
  for (const name of path.split('/')) {
    if (node?.type !== 'directory') return undefined
    node = node.children.get(name)
  }
  return node
}

/** Every file and symlink with its path, depth first in name order. */
export function* walkFiles(root: DirectoryNode, prefix = ''): Generator<[string, FileNode | SymlinkNode]> {
  for (const [name, node] of root.children) {
    const path = prefix === '' ? name : `${prefix}/${name}`
    if (node.type === 'directory') yield* walkFiles(node, path)
    else yield [path, node]
  }
}

/** A `Tree` that also shows its nodes, so that filters and overlays can share them. */
export interface NodeTree extends Tree {
  readonly root: DirectoryNode
}

/** How a tree gets at bytes; only called with nodes that the tree has. */
export type ReadNode = (path: string, node: FileNode | SymlinkNode) => Promise<Uint8Array>

/** The one implementation of `Tree`: nodes say what there is, `read` gets the bytes. */
export function nodeTree(revision: string, root: DirectoryNode, read: ReadNode): NodeTree {
  return {
    revision,
    digest: `sha1:${root.hash}`,
    root,
    hashOf: path => nodeAt(root, path)?.hash,
    entry(path) {
      const node = nodeAt(root, path)
      return node === undefined ? undefined : toEntry(path.slice(path.lastIndexOf('/') + 1), node)
    },
    list(path) {
      const node = nodeAt(root, path)
      return node?.type === 'directory' ? Array.from(node.children, ([name, child]) => toEntry(name, child)) : undefined
    },
    async read(path) {
      const node = nodeAt(root, path)
      if (node === undefined || node.type === 'directory') throw notAFile(path, node)
      return read(path, node)
    },
  }
}

function toEntry(name: string, node: TreeNode): TreeEntry {
  return node.type === 'file' && node.executable
    ? { name, type: node.type, executable: true }
    : { name, type: node.type }
}

function notAFile(path: string, node: TreeNode | undefined): DiagnosticError {
  return new DiagnosticError([
    node === undefined
      ? { severity: 'error', code: 'file-missing', message: `no such file: ${path}` }
      : {
          severity: 'error',
          code: 'not-a-file',
          message: `${path === '' ? 'the root' : path} is a directory, not a file`,
        },
  ])
}
