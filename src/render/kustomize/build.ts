import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { ProvenanceStep } from '../../manifest/rendered.ts'
import type { Read, ReadSet } from '../../manifest/tree.ts'
import { accumulate } from './accumulate.ts'
import { makeAccumulator } from './accumulator.ts'
import { attempt, type BuildOptions, type Context, makeContext, type PlacedNeed, type Tracer } from './context.ts'
import { finish, type Printed, printed } from './finish.ts'
import { displayPath, type Loader, type Remotes, resolvePath, type Source } from './loader.ts'
import type { BuildCache } from './memo.ts'
import { LimitReached, metered, monotonic } from './meter.ts'
import { fail } from './problem.ts'
import type { Resource } from './resource.ts'
import { makeList } from './resource-list.ts'
import { applySchema, type PlaceOf, readTarget, type Target } from './target.ts'
import { makeTrace, type Trace } from './trace.ts'

/** Everything a build needs, already read. */
export interface BuildInput {
  readonly source: Source
  readonly remotes: Remotes
  /** Directory of the kustomization, relative to the tree's root. */
  readonly path: string
  /** Stands in for the content of the kustomization file there. */
  readonly override?: JsonValue
  /** Where a field of `override` comes from, if not from the file that it stands in for. */
  readonly placeOf?: PlaceOf
  readonly options: BuildOptions
  readonly cache?: BuildCache
  /** A clock in milliseconds that never goes back; `performance.now` where it is left out. */
  readonly now?: () => number
  /** When the build has to be done, on that clock; as long as the limit says where it is left out. */
  readonly deadline?: number
  /** Uses nothing of what earlier builds came to, and leaves nothing. */
  readonly alone?: boolean
}

/** What a build gives. With an error among the diagnostics there are no resources. */
export interface BuildResult {
  readonly resources: readonly Resource[]
  readonly values: readonly JsonObject[]
  /** Where each of them begins; undefined for what a generator made. */
  readonly places: readonly (Position | undefined)[]
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

/** Builds a kustomization. Pure: the same input gives the same result. Never throws. */
export function runBuild(input: BuildInput, tracer?: Tracer): BuildResult {
  const context = makeContext(input.options, tracer, input.cache, input.alone)
  let list = makeList()
  let objects: readonly Printed[] = []
  limited(context, input, () => {
    const loader = rootLoader(input, context)
    const read = readTarget(context, loader, input.override, input.placeOf)
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
    objects = context.diagnostics.length > 0 ? [] : printed(list.items)
  })
  const failed = context.diagnostics.some(({ severity }) => severity === 'error')
  // This error shows whole objects with notes on who refers to them, which shared ones do not have.
  if (input.alone !== true && context.diagnostics.some(({ code }) => code === 'reference-ambiguous'))
    return runBuild({ ...input, alone: true }, tracer)
  if (failed) objects = []
  let yaml: string | undefined
  let traced: { readonly trace: Trace; readonly result: BuildResult } | undefined
  return {
    resources: failed ? [] : list.items,
    values: objects.map(({ value }) => value),
    places: objects.map(({ position }) => position),
    get yaml() {
      yaml ??= objects.map(({ text }) => text()).join('---\n')
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
  const { now = monotonic } = input
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
  const noteRead = (from: Source, at: string, given?: string): void => {
    const reads = context.reads.get(from) ?? new Map<string, string | undefined>()
    context.reads.set(from, reads)
    const known = reads.has(at)
    const hash = known ? reads.get(at) : (given ?? from.tree.hashOf(at))
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
