import type { JsonValue } from '../../manifest/json.ts'
import type { Tree } from '../../manifest/tree.ts'
import type { BuildResult } from './build.ts'
import type { BuildOptions } from './context.ts'
import { type ChartRunner, type Fetcher, loadAndBuild } from './load.ts'
import type { BuildCache } from './memo.ts'

export interface KustomizeOptions extends BuildOptions {
  /** Stands in for the content of the kustomization file (a Flux Kustomization merged into it). */
  readonly override?: JsonValue
  readonly fetcher?: Fetcher
  /** Renders charts, where `helm` allows them. */
  readonly charts?: ChartRunner
  /** Results of earlier builds, used again where nothing they read has changed. */
  readonly cache?: BuildCache
  /** A clock in milliseconds that never goes back, for the limit of time; `performance.now` where it is left out. */
  readonly now?: () => number
}

/**
 * Builds the kustomization in a directory of a tree. Problems that the author of the files causes are in `diagnostics`,
 * all of them, and the promise does not reject for them.
 */
export async function kustomizeBuild(tree: Tree, path: string, options: KustomizeOptions = {}): Promise<BuildResult> {
  const { override, fetcher, charts, cache, now, ...buildOptions } = options
  const { result } = await loadAndBuild(tree, {
    path,
    options: buildOptions,
    ...(override === undefined ? {} : { override }),
    ...(fetcher === undefined ? {} : { fetcher }),
    ...(charts === undefined ? {} : { charts }),
    ...(cache === undefined ? {} : { cache }),
    ...(now === undefined ? {} : { now }),
  })
  return result
}
