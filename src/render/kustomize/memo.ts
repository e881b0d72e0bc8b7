import type { ReadSet, Tree } from '../../manifest/tree.ts'
import { holds } from '../../manifest/tree.ts'
import type { Accumulator } from './accumulator.ts'
import type { BuildResult } from './build.ts'
import { copyResource } from './resource.ts'
import { makeList } from './resource-list.ts'

/**
 * What earlier builds came to, to be used again where nothing that they read has changed: whole results by directory, and
 * the accumulated resources of bases, which overlays share. Everything in here is immutable or copied on the way out.
 */
export interface BuildCache {
  readonly results: Map<string, { readonly reads: ReadSet; readonly result: BuildResult }>
  readonly bases: Map<string, BaseMemo>
  readonly maxEntries: number
  /** Unless false, whole results are kept, too. */
  readonly keepsResults?: boolean
}

/** A base without errors. */
export interface BaseMemo {
  readonly accumulator: Accumulator
  readonly reads: ReadSet
  readonly warnings: readonly string[]
}

/** An empty cache, to be passed to many builds. It holds at most so many entries of each sort, the oldest go first. */
export function makeBuildCache(maxEntries = 10_000): BuildCache {
  return { results: new Map(), bases: new Map(), maxEntries }
}

/**
 * A cache for each tree, kept no longer than the tree: what the builds of one commit share. It holds bases alone, because a
 * base is built by many while a result is asked for once.
 */
export function makeTreeCaches(maxBases: number): (tree: Tree) => BuildCache {
  const caches = new WeakMap<Tree, BuildCache>()
  return tree => {
    const known = caches.get(tree)
    if (known !== undefined) return known
    const made = { ...makeBuildCache(maxBases), keepsResults: false }
    caches.set(tree, made)
    return made
  }
}

export function recall<T extends { readonly reads: ReadSet }>(
  entries: Map<string, T>,
  key: string,
  tree: Tree,
): T | undefined {
  const entry = entries.get(key)
  return entry !== undefined && holds(entry.reads, tree) ? entry : undefined
}

export function remember<T>(entries: Map<string, T>, key: string, entry: T, maxEntries: number): void {
  entries.delete(key)
  entries.set(key, entry)
  if (entries.size <= maxEntries) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

/** A copy that can be worked on. */
export function copyAccumulator({ list, config, variables }: Accumulator): Accumulator {
  return { list: makeList(list.items.map(copyResource)), config, variables: new Map(variables) }
}
