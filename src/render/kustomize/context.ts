import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { type Need, NeedError, type Source } from './loader.ts'
import type { BaseMemo, BuildCache } from './memo.ts'
import { builtinSchemas, documentSchemas, type MergeSchemas } from './merge-schema.ts'
import { LimitReached, type MeteredLimits } from './meter.ts'
import { fail, Problem, reworded } from './problem.ts'
import type { ResourceList } from './resource-list.ts'

/** How a build is done; the defaults are those of `kustomize build`. */
export interface BuildOptions {
  /** `none` keeps the order of reading, `legacy` sorts by kind. Without it, and without sortOptions: legacy. */
  readonly reorder?: 'none' | 'legacy'
  /** `none` lets kustomizations read files outside of their directory. */
  readonly loadRestrictor?: 'rootOnly' | 'none'
  /** Labels everything with `app.kubernetes.io/managed-by: kustomize-<version>`. */
  readonly managedByLabel?: boolean
  /** Runs charts; without it `helmCharts` is refused. */
  readonly helm?: boolean
  /** What stands before paths in messages: the folder that the tree's root is. */
  readonly rootName?: string
  readonly limits?: Partial<BuildLimits>
}

/** Where a build ends with an error that says so. */
export interface BuildLimits extends MeteredLimits {
  /** Objects in one build. */
  readonly objects: number
  /** Bytes of all files together. */
  readonly bytes: number
  /** Files that are read. */
  readonly files: number
  /** Kustomizations inside one another. */
  readonly depth: number
}

export const defaultLimits: BuildLimits = {
  objects: 100_000,
  bytes: 256 * 1024 * 1024,
  files: 100_000,
  depth: 64,
  milliseconds: 120_000,
  nodes: 10_000_000,
}

/** What happened to objects, for those who ask where a field comes from. */
export interface Tracer {
  step(by: string, position: Position | undefined, list: ResourceList): void
}

/** Something that has to be read, and the entry that names it. */
export interface PlacedNeed {
  readonly need: Need
  readonly position: Position | undefined
}

/** State of one build. */
export interface Context {
  readonly options: BuildOptions
  readonly limits: BuildLimits
  readonly warnings: string[]
  readonly diagnostics: Diagnostic[]
  /** Problems so far, also those that are not told because they may come from another one. */
  problems: number
  /** Text of the first error as kustomize prints it. */
  errorText: string | undefined
  /** Rewordings of the steps that are under way, outermost first. */
  readonly frames: ((message: string) => string)[]
  /** Positions of the entries that led to the kustomization in work. */
  readonly trail: Position[]
  readonly reads: Map<Source, Map<string, string | undefined>>
  /** Paths of the main tree that the bases in work have read so far. */
  readonly collectors: Map<string, string | undefined>[]
  readonly memo: Map<string, BaseMemo>
  readonly byFolder: Map<string, BaseMemo> | undefined
  /** Bases that were met before; what is met only once is not worth a copy. */
  readonly met: Set<string>
  /** The memo outlives the build, so that everything is worth a copy. */
  readonly keepsMemo: boolean
  readonly maxMemo: number
  /** Nothing is taken from the memo or put there. */
  readonly alone: boolean
  readonly schema: {
    custom: MergeSchemas | undefined
    isSet: boolean
    usedBuiltin: boolean
    /** The same, of the kustomization in work and what it names. */
    usedHere: boolean
  }
  readonly tracer: Tracer | undefined
  readonly needs: PlacedNeed[]
  depth: number
}

export function makeContext(options: BuildOptions, tracer?: Tracer, cache?: BuildCache, alone = false): Context {
  return {
    options,
    limits: { ...defaultLimits, ...options.limits },
    warnings: [],
    diagnostics: [],
    problems: 0,
    errorText: undefined,
    frames: [],
    trail: [],
    reads: new Map(),
    collectors: [],
    memo: cache?.bases ?? new Map(),
    byFolder: cache?.byFolder,
    met: new Set(),
    keepsMemo: cache !== undefined,
    maxMemo: cache?.maxEntries ?? 10_000,
    alone,
    schema: { custom: undefined, isSet: false, usedBuiltin: false, usedHere: false },
    tracer,
    needs: [],
    depth: 0,
  }
}

/** Runs a step; problems in it are reworded, also those that are reported before the step ends. */
export function within<T>(context: Context, reword: (message: string) => string, step: () => T): T {
  context.frames.push(reword)
  try {
    return step()
  } catch (error) {
    if (error instanceof Problem) error.message = reworded(error.message, reword)
    throw error
  } finally {
    context.frames.pop()
  }
}

export const prefix =
  (text: string): ((message: string) => string) =>
  message =>
    `${text}: ${message}`

/** Runs a step; a problem in it is reported, and the build goes on to find more. */
export function attempt(context: Context, position: Position | undefined, step: () => void): void {
  try {
    step()
  } catch (error) {
    if (error instanceof NeedError) context.needs.push({ need: error.need, position })
    else if (error instanceof Problem) report(context, error, position)
    else if (error instanceof RangeError) report(context, tooLarge(error), position)
    else {
      if (error instanceof LimitReached) reportLimit(context, error, position)
      throw error
    }
    if (context.diagnostics.length < mostProblems) return
    const limit = new LimitReached('limit-problems', `there are more than ${mostProblems} problems`, 'mend these first')
    reportLimit(context, limit, position)
    throw limit
  }
}

const mostProblems = 1000

/** What the engine says of a value that is too deep or too long for it. */
function tooLarge(error: RangeError): Problem {
  return new Problem(`the content is too deep or too large: ${error.message}`, {
    code: 'limit-size',
    hint: 'look for values that are nested thousands of levels deep or that repeat themselves',
  })
}

/** Reports a limit where it was met; the steps around it have nothing to add. */
function reportLimit(context: Context, limit: LimitReached, position: Position | undefined): void {
  if (context.diagnostics.some(({ code }) => code === limit.code)) return
  const { code, hint, message } = limit
  const trail = context.trail.length === 0 ? {} : { trail: [...context.trail] }
  const place = position === undefined ? {} : { position: plainPosition(position) }
  context.errorText ??= message
  context.diagnostics.push({ severity: 'error', code, message, hint, ...place, ...trail })
}

/** Reports a problem, unless it may be the consequence of one before. */
export function report(context: Context, problem: Problem, position: Position | undefined): void {
  context.problems++
  if (problem.details.derived === true && context.diagnostics.length > 0) return
  let text = problem.message
  for (const reword of context.frames.toReversed()) text = reworded(text, reword)
  context.errorText ??= text
  const own = problem.details.position
  // Text written into a kustomization has no file of its own.
  const place = own === undefined || own.file === '' ? position : own
  context.diagnostics.push({
    severity: 'error',
    code: problem.details.code ?? 'kustomize',
    message: problem.reason,
    ...(problem.details.hint === undefined ? {} : { hint: problem.details.hint }),
    ...(place === undefined ? {} : { position: plainPosition(place) }),
    ...(context.trail.length === 0 && problem.trail.length === 0
      ? {}
      : { trail: [...context.trail, ...problem.trail] }),
  })
}

/** Only the three fields; positions may come as nodes. */
function plainPosition({ file, line, column }: Position): Position {
  return { file, line, column }
}

/** Takes over the schema that a kustomization's `openapi` names; the first one of a build counts. */
export function setSchema(
  { schema }: Context,
  openapi: ReadonlyMap<string, string> | undefined,
  document: (() => JsonValue) | undefined,
): void {
  if (schema.isSet) return
  const version = openapi?.get('version')
  if (document !== undefined) {
    if (version !== undefined)
      fail('builtin version and custom schema provided, cannot use both', { code: 'openapi-conflict' })
    schema.custom = documentSchemas(document())
    schema.isSet = true
  } else if (version !== undefined && version !== '') {
    if (version !== 'v1.21.2') fail('the specified OpenAPI version is not built in', { code: 'openapi-version' })
    schema.isSet = true
  }
}

/** The schemas that patches merge by. */
export function schemasOf({ schema }: Context): MergeSchemas {
  return (apiVersion, kind) => {
    if (schema.custom === undefined) {
      schema.usedBuiltin = true
      schema.usedHere = true
      return builtinSchemas(apiVersion, kind)
    }
    return schema.custom(apiVersion, kind) ?? (schema.usedBuiltin ? builtinSchemas(apiVersion, kind) : undefined)
  }
}
