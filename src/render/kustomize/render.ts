import { createHash } from 'node:crypto'
import type { KubeObject } from '../../manifest/object.ts'
import type { Rendered, Renderer, Sourced } from '../../manifest/rendered.ts'
import type { ReadSet, Tree } from '../../manifest/tree.ts'
import type { BuildResult } from './build.ts'
import { type LoadRequest, loadAndBuild } from './load.ts'

/** A kustomization whose files have been read. */
export interface LoadedKustomization {
  readonly reads: ReadSet
  readonly build: BuildResult
}

async function load(tree: Tree, request: LoadRequest): Promise<LoadedKustomization> {
  const { result } = await loadAndBuild(tree, request)
  return { reads: result.reads, build: result }
}

function render({ build, reads }: LoadedKustomization): Rendered {
  const digest = createHash('sha256').update(build.yaml).digest('hex')
  return { objects: sourcedObjects(build), diagnostics: build.diagnostics, reads, digest: `sha256:${digest}` }
}

/** The objects of a build, each with its place and the story of its fields. */
export function sourcedObjects(build: BuildResult): readonly Sourced[] {
  return build.values.map((value, index): Sourced => {
    const node = build.resources[index]?.node
    const hasPlace = node !== undefined && node.line > 0 && node.file !== ''
    return {
      object: value as unknown as KubeObject,
      ...(hasPlace ? { origin: { file: node.file, line: node.line, column: node.column } } : {}),
      explain: pointer => build.explain(index, pointer),
    }
  })
}

/** Renders a kustomization of a tree, as `kustomize build` does. */
export const kustomizeRenderer: Renderer<LoadRequest, LoadedKustomization> = { load, render }
