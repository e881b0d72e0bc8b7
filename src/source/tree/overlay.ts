import { type DirectoryNode, directoryNode, type NodeTree, nodeTree, type TreeNode } from './node.ts'

/**
 * A tree with another one laid in at a path. What is in both is the other one's; folders are merged, so that nothing of the
 * base is lost that the other one does not have. Unchanged folders keep their nodes and with them their hashes.
 */
export function graft(base: NodeTree, at: string, other: NodeTree): NodeTree {
  const root = place(base.root, at === '' ? [] : at.split('/'), other.root)
  const inner = at === '' ? '' : `${at}/`
  return nodeTree(base.revision, root, (path, node) => {
    const below = path.startsWith(inner) ? path.slice(inner.length) : undefined
    return below !== undefined && other.hashOf(below) === node.hash ? other.read(below) : base.read(path)
  })
}

function place(base: TreeNode | undefined, names: readonly string[], other: DirectoryNode): DirectoryNode {
  const [name, ...rest] = names
  const children = base?.type === 'directory' ? base.children : new Map<string, TreeNode>()
  if (name === undefined) return merge(base, other)
  return directoryNode(new Map([...children, [name, place(children.get(name), rest, other)]]))
}

function merge(base: TreeNode | undefined, other: DirectoryNode): DirectoryNode {
  if (base?.type !== 'directory' || base.children.size === 0 || base.hash === other.hash) return other
  const children = new Map(base.children)
  for (const [name, node] of other.children)
    children.set(name, node.type === 'directory' ? merge(children.get(name), node) : node)
  return directoryNode(children)
}
