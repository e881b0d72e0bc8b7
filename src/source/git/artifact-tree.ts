import { DiagnosticError } from '../../manifest/diagnostic.ts'
import type { IgnorePattern } from '../ignore/pattern.ts'
import { defaultPatterns, ignoreRules, loadPatterns, readPatterns } from '../ignore/rules.ts'
import { emptyDirectory, type NodeTree, nodeAt, nodeTree } from '../tree/node.ts'
import { graft } from '../tree/overlay.ts'
import { cleanFolder, ignoring, onlyFolders, type Selector, selectTree } from '../tree/select.ts'
import type { SourceFailure } from './failure.ts'

/** Another repository's artifact that is laid into this one. */
export interface Inclusion {
  readonly name: string
  readonly tree: NodeTree
  /** Folder of the other tree; its root where empty. */
  readonly fromPath?: string | undefined
  /** Folder of this tree; the other repository's name where empty. */
  readonly toPath?: string | undefined
}

export interface ArtifactTreeOptions {
  /** `spec.ignore`: rules after those of the tree's own `.sourceignore` files. */
  readonly ignore?: string | undefined
  readonly sparseCheckout?: readonly string[] | undefined
  readonly include?: readonly Inclusion[] | undefined
}

/** Makes the tree that an artifact holds of the tree of a commit. */
export type ArtifactTreeMaker = (tree: NodeTree, options: ArtifactTreeOptions) => Promise<NodeTree | SourceFailure>

/** As many sets of rules as keep their answers for the next commit. */
const rememberedSelectors = 32

/**
 * Makes artifact trees in Flux's order: sparse checkout, then includes, then ignore rules over everything: the built-in
 * ones, `.sourceignore` files, `spec.ignore`, of which the last to have an opinion wins.
 */
export function artifactTreeMaker(): ArtifactTreeMaker {
  const selectors = new Map<string, Selector>()

  function selectorFor(patterns: readonly IgnorePattern[]): Selector {
    const key = JSON.stringify(patterns)
    const selector = selectors.get(key) ?? ignoring(ignoreRules([...defaultPatterns(), ...patterns]))
    selectors.delete(key)
    selectors.set(key, selector)
    if (selectors.size > rememberedSelectors) selectors.delete(selectors.keys().next().value!)
    return selector
  }

  return async (tree, options) => {
    const { sparseCheckout, include = [], ignore = '' } = options
    const sparse = attempt('failed to sparse checkout directories : ', 'GitOperationFailed', () =>
      sparseCheckout === undefined ? tree : selectTree(tree, onlyFolders(sparseCheckout)),
    )
    if ('status' in sparse) return sparse
    let whole: NodeTree = sparse
    for (const inclusion of include) {
      const result = attempt('', 'CopyFailure', () => addInclusion(whole, inclusion))
      if ('status' in result) return result
      whole = result
    }
    const patterns = [...(await loadPatterns(whole)), ...readPatterns(ignore)]
    return selectTree(whole, selectorFor(patterns))
  }
}

function addInclusion(tree: NodeTree, { name, tree: other, fromPath = '', toPath = '' }: Inclusion): NodeTree {
  const from = cleanFolder(fromPath)
  const node = nodeAt(other.root, from)
  if (node === undefined)
    throw new DiagnosticError([
      {
        severity: 'error',
        code: 'path-missing',
        message: `failed to copy '${name}' include from ${fromPath} to ${toPath === '' ? name : toPath}: no such folder`,
        hint: 'check spec.include[].fromPath against the files of the included repository',
      },
    ])
  const root = node.type === 'directory' ? node : emptyDirectory
  const part = nodeTree(other.revision, root, path => other.read(from === '' ? path : `${from}/${path}`))
  return graft(tree, cleanFolder(toPath === '' ? name : toPath), part)
}

function attempt(prefix: string, reason: string, work: () => NodeTree): NodeTree | SourceFailure {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const [first] = error.diagnostics
    const hint = first?.hint ?? ''
    return { status: 'failed', reason, message: `${prefix}${first?.message ?? error.message}`, hint }
  }
}
