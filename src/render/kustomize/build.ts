import type { Diagnostic } from '../../manifest/diagnostic.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { ProvenanceStep } from '../../manifest/rendered.ts'
import type { Read, ReadSet } from '../../manifest/tree.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { accumulate } from './accumulate.ts'
import { type Accumulator, makeAccumulator } from './accumulator.ts'
import { attempt, type BuildOptions, type Context, makeContext, type PlacedNeed, type Tracer } from './context.ts'
import { makeFieldSpec } from './field-spec.ts'
import { displayPath, type Loader, type Remotes, resolvePath, type Source } from './loader.ts'
import type { BuildCache } from './memo.ts'
import { LimitReached, metered } from './meter.ts'
import { printProblem } from './print-problem.ts'
import { fail, rewording } from './problem.ts'
import { checkMetadata } from './read-resources.ts'
import {
  annotationOf,
  annotationsOf,
  internalNotes,
  originNote,
  type Resource,
  setAnnotations,
  transformationsNote,
} from './resource.ts'
import { idsChanged, makeList, type ResourceList } from './resource-list.ts'
import { applySchema, readTarget, type Target } from './target.ts'
import { makeTrace, type Trace } from './trace.ts'
import { setEntries } from './transform/entries.ts'
import { hashNames } from './transform/hash.ts'
import { fixNameReferences } from './transform/name-references.ts'
import { sortResources } from './transform/sort-order.ts'
import { replaceVariables } from './transform/variables.ts'
import { toObject } from './value.ts'

/** Everything a build needs, already read. */
export interface BuildInput {
  readonly source: Source
  readonly remotes: Remotes
  /** Directory of the kustomization, relative to the tree's root. */
  readonly path: string
  /** Stands in for the content of the kustomization file there. */
  readonly override?: JsonValue
  readonly options: BuildOptions
  readonly cache?: BuildCache
  /** A clock in milliseconds that never goes back; `performance.now` where it is left out. */
  readonly now?: () => number
  /** When the build has to be done, on that clock; as long as the limit says where it is left out. */
  readonly deadline?: number
}

/** What a build gives. With an error among the diagnostics there are no resources. */
export interface BuildResult {
  readonly resources: readonly Resource[]
  readonly values: readonly JsonObject[]
  /** The output, byte for byte as kustomize 5.8.2 prints it, printed when first asked for; empty where there is an error. */
  readonly yaml: string
  /**
   * The steps that gave a field of an object its value: where its manifest says it, and every patch and transformer that
   * changed it later. `index` counts objects of the output, `pointer` is a JSON pointer. Builds again when first asked.
   */
  readonly explain: (index: number, pointer: string) => readonly ProvenanceStep[]
  readonly diagnostics: readonly Diagnostic[]
  readonly warnings: readonly string[]
  /** The first error, word for word as `kustomize build` prints it, without `Error: `. */
  readonly errorText: string | undefined
  readonly reads: ReadSet
  /** What has to be read before the build can be done; empty when it is. */
  readonly needs: readonly PlacedNeed[]
}

/** Version that the managed-by label carries. */
const kustomizeVersion = 'v5.8.2'

/** Builds a kustomization. Pure: the same input gives the same result. Never throws. */
export function runBuild(input: BuildInput, tracer?: Tracer): BuildResult {
  const context = makeContext(input.options, tracer, input.cache)
  let list = makeList()
  let values: readonly JsonObject[] = []
  limited(context, input, () => {
    const loader = rootLoader(input, context)
    const read = readTarget(context, loader, input.override)
    applySchema(context, loader, read.kustomization)
    const buildMetadata = read.kustomization.buildMetadata ?? []
    const target: Target = {
      ...read,
      buildMetadata,
      origin: buildMetadata.length > 0 ? {} : undefined,
      helmNamespace: '',
    }
    const result = makeAccumulator()
    accumulate(target, result)
    if (context.needs.length > 0) return
    finish(context, target, result)
    list = result.list
    values = context.diagnostics.length > 0 ? [] : list.items.map(item => printable(item))
  })
  const failed = context.diagnostics.some(({ severity }) => severity === 'error')
  const given = failed ? [] : values
  let yaml: string | undefined
  let traced: { readonly trace: Trace; readonly result: BuildResult } | undefined
  return {
    resources: failed ? [] : list.items,
    values: given,
    get yaml() {
      yaml ??= yamlOf(given)
      return yaml
    },
    explain(index, pointer) {
      traced ??= traceBuild(input)
      const resource = traced.result.resources[index]
      return resource === undefined ? [] : traced.trace.explain(resource, pointer)
    },
    diagnostics: context.diagnostics,
    warnings: context.warnings,
    errorText: context.errorText,
    reads: readSet(context, input.source),
    needs: context.needs,
  }
}

/** Runs the steps of a build; where a limit ends them, that has been reported. */
function limited(context: Context, input: BuildInput, steps: () => void): void {
  const { now = () => performance.now() } = input
  const deadline = input.deadline ?? now() + context.limits.milliseconds
  try {
    metered(context.limits, deadline, now, () => attempt(context, undefined, steps))
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
  }
}

function traceBuild(input: BuildInput): { readonly trace: Trace; readonly result: BuildResult } {
  const trace = makeTrace()
  return { trace, result: runBuild(input, trace) }
}

function rootLoader(input: BuildInput, context: Context): Loader {
  const { source, path } = input
  const noteRead = (from: Source, at: string): void => {
    const reads = context.reads.get(from) ?? new Map<string, string | undefined>()
    context.reads.set(from, reads)
    const known = reads.has(at)
    const hash = known ? reads.get(at) : from.tree.hashOf(at)
    if (!known) reads.set(at, hash)
    if (from === source) for (const collector of context.collectors) collector.set(at, hash)
  }
  const resolved = resolvePath(source, path)
  const shown = displayPath(source, path)
  if ('error' in resolved) {
    noteRead(source, path)
    return fail(
      `must build at directory: not a valid directory: evalsymlink failure on '${shown}' : ${resolved.error}`,
      {
        code: 'file-missing',
        hint: 'check the path',
      },
    )
  }
  if (resolved.type === 'file')
    fail(`must build at directory: '${shown}': file is not directory`, { code: 'not-a-directory' })
  return {
    source,
    dir: resolved.path,
    referrer: undefined,
    restricted: input.options.loadRestrictor !== 'none',
    repository: undefined,
    remotes: input.remotes,
    noteRead,
  }
}

function readSet(context: Context, main: Source): ReadSet {
  const reads: Read[] = []
  for (const [path, hash] of context.reads.get(main) ?? []) reads.push({ path, hash })
  return reads
}

const metadataLabels = [makeFieldSpec('metadata/labels', { create: true })]

/** The steps that a build ends with, once, for all resources together. */
function finish(context: Context, target: Target, result: Accumulator): void {
  const { list } = result
  const step = (by: string, run: () => void): void => {
    attempt(context, undefined, run)
    context.tracer?.step(by, undefined, list)
  }
  step('name suffix of the content hash', () => hashNames(list))
  step('name reference', () => fixNameReferences(list, result.config.nameReference))
  step('vars', () => {
    const unused = replaceVariables(list, result.variables, result.config.varReference)
    if (unused.length > 0) context.warnings.push(`well-defined vars that were never replaced: ${unused.join(',')}`)
  })
  attempt(context, undefined, () => dropLocal(list))
  attempt(context, target.positionOf('sortOptions'), () => sort(context, target, list))
  if (context.options.managedByLabel === true || target.buildMetadata.includes('managedByLabel'))
    step('managedByLabel', () =>
      setEntries(list, new Map([['app.kubernetes.io/managed-by', `kustomize-${kustomizeVersion}`]]), metadataLabels),
    )
  for (const item of list.items) removeNotes(item, target.buildMetadata)
}

/** Objects that are only there for the build itself. */
function dropLocal(list: ResourceList): void {
  for (const { node } of list.items) checkMetadata(node)
  list.items = list.items.filter(({ node }) => {
    const mark = annotationOf(node, 'config.kubernetes.io/local-config')
    return mark === undefined || mark === 'false'
  })
  idsChanged(list)
}

function sort(context: Context, { kustomization }: Target, list: ResourceList): void {
  const { reorder } = context.options
  if (kustomization.sortOptions === undefined) {
    if (reorder !== 'none') sortResources(list, { order: 'legacy', legacySortOptions: undefined })
    return
  }
  if (reorder !== undefined)
    context.warnings.push(
      "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag.",
    )
  sortResources(list, kustomization.sortOptions)
}

function removeNotes({ node }: Resource, buildMetadata: readonly string[]): void {
  const annotations = annotationsOf(node)
  const keepsOrigin = buildMetadata.includes('originAnnotations')
  const keepsTransformations = buildMetadata.includes('transformerAnnotations')
  if (annotations.size === 0 && keepsOrigin && keepsTransformations) return
  for (const note of internalNotes) annotations.delete(note)
  if (!keepsOrigin) annotations.delete(originNote)
  if (!keepsTransformations) annotations.delete(transformationsNote)
  setAnnotations(node, annotations)
}

function printable({ node }: Resource): JsonObject {
  return rewording(
    message => printProblem(node) ?? `map[string]interface {}(nil): ${message}`,
    () => toObject(node),
  )
}

/** The text that `kustomize build` prints. */
function yamlOf(values: readonly JsonObject[]): string {
  return values.map(value => toYaml(value)).join('---\n')
}
