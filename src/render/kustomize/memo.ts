import type { Read, ReadSet, Tree } from '../../manifest/tree.ts'
import { holds } from '../../manifest/tree.ts'
import type { Accumulator } from './accumulator.ts'
import type { BuildResult } from './build.ts'
import { makeList } from './resource-list.ts'
import { lend, type SharedResource, share } from './shared-resource.ts'
import type { ResolvedVariable } from './transform/variables.ts'
import type { TransformerConfig } from './transformer-config.ts'

/**
 * What earlier builds came to, to be used again where nothing that they read has changed: whole results by directory, and
 * the accumulated resources of bases, which overlays share. Nobody changes what is in here.
 */
export interface BuildCache {
  readonly results: Map<string, { readonly reads: ReadSet; readonly result: BuildResult }>
  readonly bases: Map<string, BaseMemo>
  /** The last memo of each directory, whatever else its key says. */
  readonly byFolder: Map<string, BaseMemo>
  readonly maxEntries: number
  /** Unless false, whole results are kept, too. */
  readonly keepsResults?: boolean
}

/** A base without errors. */
export interface BaseMemo {
  readonly items: readonly SharedResource[]
  readonly config: TransformerConfig
  readonly variables: ReadonlyMap<string, ResolvedVariable>
  /** Its directory and the hash of that, where nothing outside of it was read. */
  readonly whole: Read | undefined
  readonly reads: ReadSet
  readonly warnings: readonly string[]
  /** Its patches were merged by the schemas of Kubernetes. */
  readonly usedBuiltin: boolean
}

/** An empty cache, to be passed to many builds. It holds at most so many entries of each sort, the oldest go first. */
export function makeBuildCache(maxEntries = 10_000): BuildCache {
  return { results: new Map(), bases: new Map(), byFolder: new Map(), maxEntries }
}

/**
 * A cache for each tree: what the builds of one commit share. A tree that is new takes over the cache of an `earlier` one,
 * which builds of the last commit have used. It holds bases alone, because a base is built by many while a result is asked
 * for once.
 */
export function makeTreeCaches(maxBases: number): (tree: Tree, earlier?: BuildCache) => BuildCache {
  const caches = new WeakMap<Tree, BuildCache>()
  return (tree, earlier) => {
    const known = caches.get(tree)
    if (known !== undefined) return known
    const made = earlier ?? { ...makeBuildCache(maxBases), keepsResults: false }
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

/** True where nothing that the base was made of has changed. */
export function isFresh({ reads, whole }: BaseMemo, tree: Tree): boolean {
  return (whole !== undefined && tree.hashOf(whole.path) === whole.hash) || holds(reads, tree)
}

/** What a base is to be remembered as; the accumulator goes on with objects that are lent to it. */
export function memoize(
  { config, list, variables }: Accumulator,
  dir: string,
  tree: Tree,
  about: Pick<BaseMemo, 'reads' | 'warnings' | 'usedBuiltin'>,
): BaseMemo {
  const items = list.items.map(share)
  list.items = items.map(lend)
  const isInside = dir === '' || about.reads.every(({ path }) => path.startsWith(`${dir}/`))
  const whole = isInside ? { path: dir, hash: tree.hashOf(dir) } : undefined
  return { items, config, variables: new Map(variables), whole, ...about }
}

/** The base as something to go on with; its objects are lent. */
export function recollect({ items, config, variables }: BaseMemo): Accumulator {
  return { list: makeList(items.map(lend)), config, variables: new Map(variables) }
}
