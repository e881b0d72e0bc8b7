import { DiagnosticError } from '../../manifest/diagnostic.ts'
import type { IgnoreRules } from '../ignore/rules.ts'
import { type DirectoryNode, directoryNode, type NodeTree, nodeTree, type TreeNode } from './node.ts'

/** Leaves out what rules exclude. Folders in which nothing is left out keep their nodes, and with them Git's hashes. */
export type Selector = (root: DirectoryNode) => DirectoryNode

/**
 * A selector for ignore rules. It remembers its answers by folder, so that the next commit costs only the folders that
 * changed. A folder that is excluded can still hold files that are not: it goes when nothing is left in it.
 */
export function ignoring(rules: IgnoreRules): Selector {
  const answers = new Map<string, { readonly from: DirectoryNode; readonly to: DirectoryNode }>()

  function select(folder: DirectoryNode, path: readonly string[]): DirectoryNode {
    const key = path.join('/')
    const known = answers.get(key)
    if (known?.from.hash === folder.hash) return known.to
    const kept: [string, TreeNode][] = []
    let same = true
    for (const [name, node] of folder.children) {
      const at = [...path, name]
      const left = node.type === 'directory' ? select(node, at) : node
      const drop = left.type === 'directory' && left.children.size > 0 ? false : rules(at, left.type === 'directory')
      same &&= !drop && left === node
      if (!drop) kept.push([name, left])
    }
    const to = same ? folder : directoryNode(kept)
    answers.set(key, { from: folder, to })
    return to
  }

  return root => select(root, [])
}

/** Only the given folders (clean paths) and what leads to them. Throws `DiagnosticError` for one that does not exist. */
export function onlyFolders(folders: readonly string[]): Selector {
  const wanted = folders.map(cleanFolder)
  return root => {
    if (wanted.includes('')) return root
    for (const [index, folder] of wanted.entries()) {
      if (nodeIn(root, folder.split('/')) === undefined) throw missingFolder(folders[index]!)
    }
    return prune(
      root,
      wanted.map(folder => folder.split('/')),
    )
  }
}

function prune(folder: DirectoryNode, wanted: readonly (readonly string[])[]): DirectoryNode {
  const kept = [...folder.children].flatMap(([name, node]): [string, TreeNode][] => {
    const here = wanted.filter(path => path[0] === name)
    if (here.length === 0) return []
    const below = here.map(path => path.slice(1))
    if (node.type !== 'directory' || below.some(path => path.length === 0)) return [[name, node]]
    return [[name, prune(node, below)]]
  })
  return directoryNode(kept)
}

function nodeIn(root: TreeNode, path: readonly string[]): TreeNode | undefined {
  return path.reduce<TreeNode | undefined>(
    (node, name) => (node?.type === 'directory' ? node.children.get(name) : undefined),
    root,
  )
}

/** `./apps//prod/` is `apps/prod`; `..` cannot be meant. */
export function cleanFolder(folder: string): string {
  const parts = folder.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new DiagnosticError([
      {
        severity: 'error',
        code: 'unsafe-path',
        message: `the path '${folder}' leaves the repository`,
        hint: 'write it without ".."',
      },
    ])
  return parts.join('/')
}

function missingFolder(folder: string): DiagnosticError {
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'path-missing',
      message: `sparse checkout dir '${folder}' does not exist in repository`,
      hint: 'check spec.sparseCheckout against the folders of the commit',
    },
  ])
}

/** The tree as the selector leaves it. */
export function selectTree(tree: NodeTree, selector: Selector): NodeTree {
  const root = selector(tree.root)
  return root === tree.root ? tree : nodeTree(tree.revision, root, path => tree.read(path))
}
