import type { Diagnostic } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { Tree } from '../../manifest/tree.ts'
import { type BuildInput, type BuildResult, runBuild } from './build.ts'
import { type BuildLimits, type BuildOptions, defaultLimits, type PlacedNeed } from './context.ts'
import {
  type ChartFiles,
  type ChartRun,
  type ChartSource,
  isLocal,
  type Need,
  type Refusal,
  type Remotes,
  type Source,
} from './loader.ts'
import { type BuildCache, recall, remember } from './memo.ts'
import { monotonic, timeIsUp } from './meter.ts'
import { prefetch } from './prefetch.ts'
import { type Budget, readInto } from './read-files.ts'
import type { RepositorySpec } from './remote.ts'
import type { PlaceOf } from './target.ts'

/** Renders charts. Both reject with an error whose message says why not. */
export interface ChartRunner {
  pull(chart: ChartSource): Promise<ChartFiles>
  /** The manifests of a chart. */
  template(run: ChartRun): Promise<string>
}

/** Gets what kustomizations name outside of their tree. Without a fetcher all of it is refused. */
export interface Fetcher {
  /** The tree of a repository at the wanted ref. Rejects with an error whose message says why not. */
  repository(spec: RepositorySpec): Promise<Tree>
  file(url: string): Promise<Uint8Array>
}

export interface LoadRequest {
  readonly path: string
  readonly override?: JsonValue
  readonly placeOf?: PlaceOf
  readonly options?: BuildOptions
  readonly fetcher?: Fetcher
  readonly charts?: ChartRunner
  /** What earlier builds came to; used and added to. */
  readonly cache?: BuildCache
  /** A clock in milliseconds that never goes back; `performance.now` where it is left out. */
  readonly now?: () => number
}

/** Rounds of reading that a build may ask for beyond what was read ahead. */
const maxRounds = 1000

/**
 * Reads everything that a kustomization reaches: first what its files name, then, as long as a trial build asks for more,
 * that. The result of the last trial is the result of the build. `isLocal` says that the tree alone decides it.
 */
export async function loadAndBuild(
  tree: Tree,
  request: LoadRequest,
): Promise<{ readonly result: BuildResult; readonly isLocal: boolean }> {
  const { options = {}, cache } = request
  const key = JSON.stringify([request.path, options, request.override])
  const known = cache === undefined ? undefined : recall(cache.results, key, tree)
  if (known !== undefined) return { result: known.result, isLocal: true }
  const limits = { ...defaultLimits, ...options.limits }
  const source: Source = {
    tree,
    rootName: options.rootName ?? '',
    contents: new Map(),
    documents: new Map(),
    folders: new Set(),
    refused: new Map(),
  }
  const remotes: Remotes = { repositories: new Map(), files: new Map(), charts: new Map(), chartOutputs: new Map() }
  const budget = { bytes: limits.bytes, files: limits.files }
  const { now = monotonic } = request
  const deadline = now() + limits.milliseconds
  await prefetch(source, request.path, request.override, budget, cache?.byFolder)
  const input: BuildInput = {
    source,
    remotes,
    path: request.path,
    options,
    now,
    deadline,
    ...(request.override === undefined ? {} : { override: request.override }),
    ...(request.placeOf === undefined ? {} : { placeOf: request.placeOf }),
    ...(cache === undefined ? {} : { cache }),
  }
  let result = runBuild(input)
  for (let round = 0; result.needs.length > 0 && round < maxRounds; round++) {
    const missing = new Set(result.needs)
    const coming = result.needs.map(async placed => {
      await meet(placed.need, remotes, request, budget)
      missing.delete(placed)
    })
    await inTime(Promise.all(coming), deadline - now())
    if (missing.size > 0) return { result: tooLate(result, [...missing], limits), isLocal: false }
    result = runBuild(input)
  }
  const usesTreeOnly = isLocal(remotes)
  if (cache !== undefined && cache.keepsResults !== false && usesTreeOnly)
    remember(cache.results, key, { reads: result.reads, result }, cache.maxEntries)
  return { result, isLocal: usesTreeOnly }
}

/** Waits for the work, but no longer than so many milliseconds. */
async function inTime(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<void>(resolve => {
    timer = setTimeout(resolve, Math.max(milliseconds, 0))
  })
  try {
    await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
  }
}

/** The result of a build that has waited for something until its time was over. */
function tooLate(result: BuildResult, missing: readonly PlacedNeed[], limits: BuildLimits): BuildResult {
  const diagnostics = missing.map(({ need, position }): Diagnostic => {
    const { code, hint, message } = timeIsUp(limits, nameOf(need))
    return { severity: 'error', code, message, hint, ...(position !== undefined && { position }) }
  })
  const errorText = result.errorText ?? diagnostics[0]?.message
  return { ...result, diagnostics: [...result.diagnostics, ...diagnostics], errorText, needs: [] }
}

function nameOf(need: Need): string {
  switch (need.kind) {
    case 'file':
      return need.path
    case 'repository':
      return need.spec.raw
    case 'remote-file':
      return need.url
    case 'chart':
      return `the chart ${need.chart.name}`
    case 'chart-output':
      return `helm template of ${need.run.name}`
  }
}

async function meet(need: Need, remotes: Remotes, { fetcher, charts }: LoadRequest, budget: Budget): Promise<void> {
  switch (need.kind) {
    case 'file':
      await readInto(need.source, need.path, budget)
      return
    case 'repository':
      remotes.repositories.set(need.spec.raw, await fetchRepository(need.spec, fetcher))
      return
    case 'remote-file':
      remotes.files.set(need.url, await fetchFile(need.url, fetcher))
      return
    case 'chart':
      remotes.charts.set(need.key, await orRefusal(charts === undefined ? undefined : () => charts.pull(need.chart)))
      return
    case 'chart-output':
      remotes.chartOutputs.set(
        need.key,
        await orRefusal(charts === undefined ? undefined : () => charts.template(need.run)),
      )
  }
}

async function orRefusal<T>(run: (() => Promise<T>) | undefined): Promise<T | Refusal> {
  if (run === undefined) return { message: 'no helm command is available', hint: 'install helm' }
  try {
    return await run()
  } catch (error) {
    return { message: (error as Error).message }
  }
}

async function fetchRepository(spec: RepositorySpec, fetcher: Fetcher | undefined): Promise<Source | Refusal> {
  if (fetcher === undefined) return refused(spec.raw)
  try {
    const tree = await fetcher.repository(spec)
    return {
      tree,
      rootName: spec.raw,
      contents: new Map(),
      documents: new Map(),
      folders: new Set(),
      refused: new Map(),
    }
  } catch (error) {
    return { message: `cannot fetch ${spec.raw}: ${(error as Error).message}` }
  }
}

async function fetchFile(url: string, fetcher: Fetcher | undefined): Promise<Uint8Array | Refusal> {
  if (fetcher === undefined) return refused(url)
  try {
    return await fetcher.file(url)
  } catch (error) {
    return { message: `cannot fetch ${url}: ${(error as Error).message}` }
  }
}

function refused(what: string): Refusal {
  return {
    message: `remote resources are not allowed: ${what}`,
    hint: 'copy it into the repository, or allow the host',
  }
}
