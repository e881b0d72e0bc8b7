import { type KustomizeOptions, kustomizeBuild } from '../../src/render/kustomize/kustomize.ts'
import { type MemoryFile, memoryTree } from '../../src/source/memory-tree.ts'

/** What a kustomization in memory builds to: the output, or the error as kustomize words it. */
export async function built(
  files: Readonly<Record<string, MemoryFile>>,
  path = '',
  options: KustomizeOptions = {},
): Promise<string> {
  const { yaml, errorText } = await kustomizeBuild(memoryTree(files), path, options)
  return errorText === undefined ? yaml : `error: ${errorText}`
}
