import { type Accumulator, makeAccumulator } from './accumulator.ts'
import { configureGenerators, configureTransformers, tryResources } from './configure.ts'
import { attempt, prefix, within } from './context.ts'
import { configureGenerator, configureTransformer } from './external-plugins.ts'
import { copyNode } from './node.ts'
import { appendOrigin, noteOrigin, noteTransformation, originText } from './origin.ts'
import type { Generator, Transformer } from './plugin.ts'
import { fail } from './problem.ts'
import { annotationsOf, labelsOf, originNote, ownNode, type Resource, setAnnotations, setLabels } from './resource.ts'
import { absorbAll, appendAll, dropEmpty, makeList, type ResourceList } from './resource-list.ts'
import type { Target } from './target.ts'
import { nodeText } from './yaml-text.ts'

/** Objects that configure plugins: written out in the entries, or found at the paths they give. */
function pluginResources(
  target: Target,
  entries: readonly string[],
  field: string,
  role: string,
  readPaths: ReadPaths,
): Resource[] {
  const found = makeAccumulator()
  const paths: string[] = []
  for (const entry of entries) {
    const resources = tryResources(entry)
    if (resources === undefined) {
      paths.push(entry)
      continue
    }
    const { origin, file } = target
    if (origin !== undefined) {
      const text = originText(appendOrigin(origin, file))
      for (const { node } of resources) setAnnotations(node, annotationsOf(node).set(originNote, text))
    }
    within(target.context, prefix(`configuring external ${role}`), () => appendAll(found.list, resources))
  }
  readPaths(target, found, paths, field)
  return found.list.items
}

/** Adds what paths name to an accumulator. */
export type ReadPaths = (target: Target, into: Accumulator, paths: readonly string[], field: string) => void

/** Runs the generators of the kustomization's own fields, then those of its files. */
export function runGenerators(target: Target, into: Accumulator, readPaths: ReadPaths): void {
  const { context, kustomization, positionOf } = target
  const generators: Generator[] = []
  attempt(context, positionOf('configMapGenerator'), () => {
    generators.push(...configureGenerators(target, target.helmNamespace))
  })
  attempt(context, positionOf('generators'), () =>
    within(context, prefix('loading generator plugins'), () => {
      const plugins = pluginResources(target, kustomization.generators ?? [], 'generators', 'generator', readPaths)
      generators.push(...plugins.map(plugin => configureGenerator(target, plugin)))
    }),
  )
  for (const generator of generators) {
    attempt(context, generator.position, () => {
      const resources = generator.run()
      const { origin } = generator
      if (origin !== undefined) for (const resource of resources) noteOrigin(resource, origin)
      within(context, prefix(`merging from generator &{<PTR> ${origin === undefined ? '<nil>' : '<PTR>'}}`), () =>
        absorbAll(into.list, resources),
      )
      context.tracer?.step(generator.by, generator.position, makeList(resources))
    })
  }
}

/** Runs the transformers of the kustomization's own fields, then those of its files. */
export function runTransformers(target: Target, into: Accumulator, readPaths: ReadPaths): void {
  const { context, kustomization, positionOf } = target
  const transformers: Transformer[] = []
  attempt(context, undefined, () => {
    transformers.push(...configureTransformers(target, into.config))
  })
  attempt(context, positionOf('transformers'), () => {
    const plugins = pluginResources(target, kustomization.transformers ?? [], 'transformers', 'transformer', readPaths)
    transformers.push(...plugins.map(plugin => configureTransformer(target, plugin)))
  })
  // What is kept with shared objects was merged by the schemas of Kubernetes.
  if (context.schema.isSet) for (const item of into.list.items) ownNode(item)
  for (const transformer of transformers) {
    attempt(context, transformer.position, () => {
      transformer.run(into.list)
      const { origin } = transformer
      if (origin !== undefined) for (const resource of into.list.items) noteTransformation(resource, origin)
    })
    dropEmpty(into.list)
    context.tracer?.step(transformer.by, transformer.position, into.list)
  }
}

/** Validators are transformers that must not change anything. */
export function runValidators(target: Target, into: Accumulator, readPaths: ReadPaths): void {
  const { context, kustomization, positionOf } = target
  if ((kustomization.validators ?? []).length === 0) return
  attempt(context, positionOf('validators'), () => {
    const plugins = pluginResources(target, kustomization.validators ?? [], 'validators', 'transformer', readPaths)
    for (const plugin of plugins) {
      const before = texts(into.list)
      configureTransformer(target, plugin).run(into.list)
      if (texts(into.list) !== before)
        fail("validator shouldn't modify the resource map", { code: 'validator-changes' })
    }
  })
}

/** All objects as text, without the one label that a validator may add. */
function texts(list: ResourceList): string {
  return list.items
    .map(({ node }) => {
      const copy = copyNode(node)
      const labels = labelsOf(copy)
      if (labels.delete('validated-by')) setLabels(copy, labels)
      return nodeText(copy)
    })
    .join('---\n')
}
