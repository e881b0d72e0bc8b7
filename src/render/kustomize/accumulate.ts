import type { Position } from '../../manifest/diagnostic.ts'
import { goQuote } from '../../manifest/go-text.ts'
import { type Accumulator, makeAccumulator } from './accumulator.ts'
import { namingFile, readText } from './configure.ts'
import { attempt, type Context, prefix, within } from './context.ts'
import { readCrds } from './crds.ts'
import { defaultTransformerConfig } from './default-field-specs.ts'
import { editFields, makeFieldSpec } from './field-spec.ts'
import { displayPath, enter, isLocal, joinPath, kindOfPath, type Loader, rootOf } from './loader.ts'
import { isFresh, memoize, recollect, remember } from './memo.ts'
import { spendSteps } from './meter.ts'
import { scalar, setField } from './node.ts'
import { appendOrigin, type Origin, originText } from './origin.ts'
import { fail, Problem } from './problem.ts'
import { readResources } from './read-resources.ts'
import { isRepositoryOnly } from './remote.ts'
import { originNote, type Resource } from './resource.ts'
import { appendAll, makeList, type ResourceList } from './resource-list.ts'
import { type ReadPaths, runGenerators, runTransformers, runValidators } from './run-plugins.ts'
import { applySchema, readTarget, type Target } from './target.ts'
import { addVariable, addVariables, formatRawVariables } from './transform/variables.ts'
import { emptyTransformerConfig, mergeConfigs, readTransformerConfig } from './transformer-config.ts'
import { jsonText, yamlToStruct } from './yaml-text.ts'

/** Does all that a kustomization says, on top of what is there. */
export function accumulate(target: Target, into: Accumulator): void {
  const { context, loader, kustomization: k, positionOf } = target
  within(context, prefix('accumulating resources'), () =>
    accumulateResources(target, into, k.resources ?? [], 'resources', true),
  )
  attempt(context, positionOf('configurations'), () => {
    let added = defaultTransformerConfig
    for (const path of k.configurations ?? []) {
      const { text, file } = readText(loader, path)
      added = mergeConfigs(added, readTransformerConfig(yamlToStruct(text, file, { strict: true })))
    }
    within(context, prefix('merging config'), () => {
      into.config = mergeConfigs(into.config, added)
    })
  })
  for (const [i, path] of (k.crds ?? []).entries()) {
    attempt(context, positionOf('crds', i), () =>
      within(context, prefix(`loading CRDs [${(k.crds ?? []).join(' ')}]`), () => {
        const { text, file } = readText(loader, path)
        const value = within(context, prefix(`unable to parse open API definition from '${path}'`), () =>
          text.startsWith('{') ? jsonText(text) : yamlToStruct(text, file),
        )
        into.config = mergeConfigs(into.config, readCrds(value))
      }),
    )
  }
  runGenerators(target, into, readPlugins)
  within(context, prefix('accumulating components'), () => accumulateComponents(target, into))
  runTransformers(target, into, readPlugins)
  runValidators(target, into, readPlugins)
  attempt(context, positionOf('vars'), () =>
    within(context, prefix(`merging vars ${formatRawVariables(k.vars ?? [])}`), () =>
      addVariables(into.list, into.variables, k.vars ?? []),
    ),
  )
}

const readPlugins: ReadPaths = (target, into, paths, field) => accumulateResources(target, into, paths, field, false)

function checkObjects(context: Context, list: ResourceList): void {
  if (list.items.length > context.limits.objects)
    fail(`the build has more than ${context.limits.objects} objects`, {
      code: 'limit-objects',
      hint: 'split the build, or raise the limit',
    })
}

/** Adds what the entries name: files of objects, directories and repositories with kustomizations. */
function accumulateResources(
  target: Target,
  into: Accumulator,
  paths: readonly string[],
  field: string,
  tolerant: boolean,
): void {
  const { context, positionOf } = target
  for (const [i, path] of paths.entries()) {
    const position = positionOf(field, i)
    const step = (): void => {
      accumulateResource(target, into, path, position)
      checkObjects(context, into.list)
    }
    if (tolerant) attempt(context, position, step)
    else step()
  }
}

function accumulateResource(target: Target, into: Accumulator, path: string, position: Position | undefined): void {
  const { context, loader, origin } = target
  const isDirectory = isRepositoryOnly(path) || kindOfPath(loader, path) === 'directory'
  let fileProblem: Problem | undefined
  if (!isDirectory) {
    try {
      accumulateFile(target, into, path)
      return
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      fileProblem = error
    }
  }
  const fileMessage = (): string =>
    fileProblem?.message ?? `accumulating resources from '${path}': ${directoryText(loader, path)}`
  const reword = (message: string): string => `accumulation err='${fileMessage()}': ${message}`
  let next: Loader
  try {
    next = enter(loader, path)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (fileProblem === undefined) {
      error.message = reword(error.message)
      throw error
    }
    const isSyntax = fileProblem.message.includes('MalformedYAMLError')
    fileProblem.message = isSyntax ? fileProblem.message : reword(error.message)
    throw fileProblem
  }
  within(context, reword, () => {
    accumulateDirectory(
      target,
      into,
      next,
      origin === undefined ? undefined : appendOrigin(origin, path),
      false,
      position,
    )
  })
}

function directoryText(loader: Loader, path: string): string {
  if (isRepositoryOnly(path)) return 'URL is a git repository'
  const shown = displayPath(loader.source, joinPath(loader.dir, path) ?? path)
  return loader.restricted ? `'${shown}' must resolve to a file` : `read ${shown}: is a directory`
}

const annotationSpecs = [makeFieldSpec('metadata/annotations', { create: true })]

function accumulateFile({ context, loader, origin }: Target, into: Accumulator, path: string): void {
  const resources = within(context, prefix(`accumulating resources from '${path}'`), () => {
    const { text, file } = readText(loader, path)
    return namingFile(path, () => checkedResources(readResources(text, file)))
  })
  if (origin !== undefined) {
    const text = originText(appendOrigin(origin, path))
    for (const { node } of resources) {
      const value = scalar(text, '!!str')
      editFields(node, annotationSpecs, {
        set: map => setField(map, originNote, value),
        createKind: 'mapping',
        createTag: '!!map',
      })
    }
  }
  const before = into.list.items.length
  within(context, prefix(`merging resources from '${path}'`), () => appendAll(into.list, resources))
  context.tracer?.step(path, undefined, makeList(into.list.items.slice(before)))
}

/** A file's objects have to differ from one another, before they meet the others. */
function checkedResources(resources: Resource[]): Resource[] {
  appendAll(makeList(), resources)
  return resources
}

function accumulateDirectory(
  parent: Target,
  into: Accumulator,
  loader: Loader,
  origin: Origin | undefined,
  isComponent: boolean,
  position: Position | undefined,
): void {
  const { context } = parent
  spendSteps()
  const key = memoKey(parent, loader, origin, isComponent)
  if (position !== undefined) context.trail.push(position)
  try {
    if (key === undefined || !reuse(context, loader, key, into))
      buildDirectory(parent, into, loader, { origin, isComponent, key })
  } catch (error) {
    if (error instanceof Problem && position !== undefined) error.trail = [position, ...error.trail]
    throw error
  } finally {
    if (position !== undefined) context.trail.pop()
  }
}

interface Visit {
  readonly origin: Origin | undefined
  readonly isComponent: boolean
  /** What the result is remembered by; undefined where it is not. */
  readonly key: string | undefined
}

function buildDirectory(parent: Target, into: Accumulator, loader: Loader, { isComponent, key, origin }: Visit): void {
  const { context } = parent
  const { usedHere } = context.schema
  const before = { warnings: context.warnings.length, problems: context.problems }
  context.schema.usedHere = false
  const reads = new Map<string, string | undefined>()
  context.collectors.push(reads)
  context.depth++
  try {
    if (context.depth > context.limits.depth)
      fail(`kustomizations are nested more than ${context.limits.depth} deep`, {
        code: 'limit-depth',
        hint: 'name the innermost ones directly, or raise the limit',
      })
    const read = within(context, prefix(`couldn't make target for path '${rootOf(loader)}'`), () =>
      readTarget(context, loader),
    )
    applySchema(context, loader, read.kustomization)
    checkKind(read.kustomization.kind, isComponent, rootOf(loader))
    const target: Target = {
      ...read,
      origin,
      buildMetadata: parent.buildMetadata,
      helmNamespace: parent.kustomization.namespace === '' ? parent.helmNamespace : parent.kustomization.namespace,
    }
    const keep = (own: Accumulator): void => {
      if (key === undefined) return
      const isWanted = context.keepsMemo || context.met.has(key)
      context.met.add(key)
      const isClean = context.problems === before.problems && context.needs.length === 0
      const isLasting = !context.keepsMemo || isLocal(loader.remotes)
      if (!isWanted || !isClean || !isLasting || !isMemoizable(context)) return
      const warnings = context.warnings.slice(before.warnings)
      const readSet = Array.from(reads, ([path, hash]) => ({ path, hash }))
      const about = { reads: readSet, warnings, usedBuiltin: context.schema.usedHere }
      const memo = memoize(own, loader.dir, loader.source.tree, about)
      remember(context.memo, key, memo, context.maxMemo)
      if (context.byFolder !== undefined) remember(context.byFolder, loader.dir, memo, context.maxMemo)
    }
    accumulateInto(target, into, isComponent, keep)
  } finally {
    context.collectors.splice(context.collectors.indexOf(reads), 1)
    context.schema.usedHere ||= usedHere
    context.depth--
  }
}

function checkKind(kind: string, isComponent: boolean, root: string): void {
  if (isComponent && kind !== 'Component')
    fail(`expected kind 'Component' for path '${root}' but got '${kind}'`, {
      code: 'not-a-component',
      hint: 'list it under resources',
    })
  if (!isComponent && kind === 'Component')
    fail(`expected kind != 'Component' for path '${root}'`, {
      code: 'is-a-component',
      hint: 'list it under components',
    })
}

/** Only what the key and the read set say may decide about a base that is used again. */
function isMemoizable({ alone, schema, tracer }: Context): boolean {
  return !schema.isSet && tracer === undefined && !alone
}

function memoKey(parent: Target, loader: Loader, origin: Origin | undefined, isComponent: boolean): string | undefined {
  const { context } = parent
  let top = loader
  while (top.referrer !== undefined) top = top.referrer
  if (isComponent || loader.source !== top.source || !isMemoizable(context)) return undefined
  const namespace = parent.kustomization.namespace === '' ? parent.helmNamespace : parent.kustomization.namespace
  const helm = context.options.helm === true ? namespace : ''
  return JSON.stringify([
    loader.dir,
    loader.restricted,
    origin,
    helm,
    context.options.helm,
    displayPath(loader.source, ''),
  ])
}

/** Takes a base over from an earlier visit or build. */
function reuse(context: Context, loader: Loader, key: string, into: Accumulator): boolean {
  const memo = context.memo.get(key)
  if (memo === undefined || !isFresh(memo, loader.source.tree)) return false
  for (const { path, hash } of memo.reads) loader.noteRead(loader.source, path, hash)
  context.warnings.push(...memo.warnings)
  context.schema.usedBuiltin ||= memo.usedBuiltin
  context.schema.usedHere ||= memo.usedBuiltin
  mergeAccumulator(context, loader, recollect(memo), into)
  return true
}

/** Builds the target on its own, shows it, and adds it; or builds it on top of what is there, for a component. */
function accumulateInto(
  target: Target,
  into: Accumulator,
  isComponent: boolean,
  keep: (own: Accumulator) => void,
): void {
  const { context, loader } = target
  const recursed = prefix(`recursed accumulation of path '${rootOf(loader)}'`)
  if (isComponent) {
    within(context, recursed, () => accumulate(target, into))
    // The original copies everything into a new accumulator, which can merge specs that were apart before.
    into.config = mergeConfigs(emptyTransformerConfig, into.config)
    return
  }
  const own = makeAccumulator()
  within(context, recursed, () => accumulate(target, own))
  keep(own)
  mergeAccumulator(context, loader, own, into)
}

function mergeAccumulator(context: Context, loader: Loader, own: Accumulator, into: Accumulator): void {
  within(context, prefix(`recursed merging from path '${rootOf(loader)}'`), () => {
    appendAll(into.list, own.list.items)
    into.config = mergeConfigs(into.config, own.config)
    for (const variable of own.variables.values()) addVariable(into.variables, variable)
  })
}

function accumulateComponents(target: Target, into: Accumulator): void {
  const { context, kustomization, loader, origin, positionOf } = target
  for (const [i, path] of (kustomization.components ?? []).entries()) {
    const position = positionOf('components', i)
    attempt(context, position, () => {
      const next = within(
        context,
        message => `loader.New ${goQuote(message)}`,
        () => enter(loader, path),
      )
      within(
        context,
        message => `accumulateDirectory: ${goQuote(message)}`,
        () =>
          accumulateDirectory(
            target,
            into,
            next,
            origin === undefined ? undefined : appendOrigin(origin, path),
            true,
            position,
          ),
      )
    })
  }
}
