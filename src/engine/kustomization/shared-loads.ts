import { canonicalJson } from '../../manifest/canonical.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { Tree } from '../../manifest/tree.ts'
import { type FluxLoaded, type FluxRequest, fluxRenderer } from '../../render/flux/render.ts'

/**
 * Loads for the Kustomizations that build the same folder of the same tree with nothing but other variables: only the first
 * of them reads and builds. Of each tree the last `maxEntries` are kept, no longer than the tree. What came from outside of
 * the tree is asked for every time.
 */
export function makeSharedLoads(maxEntries: number): (tree: Tree, request: FluxRequest) => Promise<FluxLoaded> {
  const trees = new WeakMap<Tree, Map<string, Promise<FluxLoaded>>>()
  return async (tree, request) => {
    const loads = trees.get(tree) ?? new Map<string, Promise<FluxLoaded>>()
    trees.set(tree, loads)
    const { path, spec } = request
    const key = canonicalJson({ path, spec } as unknown as JsonValue)
    const known = loads.get(key)
    if (known !== undefined) {
      const loaded = await known
      if (loaded.isLocal) return { ...loaded, request }
    }
    const loading = fluxRenderer.load(tree, request)
    loads.delete(key)
    loads.set(key, loading)
    if (loads.size > maxEntries) loads.delete(loads.keys().next().value ?? '')
    loading.catch(() => loads.delete(key))
    return await loading
  }
}
