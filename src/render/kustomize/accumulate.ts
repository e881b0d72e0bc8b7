import type { Position } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { nodeAt } from '../../manifest/yaml/node-tools.ts'
import {
  configureGenerators,
  configureTransformers,
  namingFile,
  readText,
  type Site,
  tryResources,
} from './configure.ts'
import { attempt, type Context, prefix, setSchema, within } from './context.ts'
import { readCrds } from './crds.ts'
import { defaultTransformerConfig } from './default-field-specs.ts'
import { configureGenerator, configureTransformer } from './external-plugins.ts'
import { editFields, makeFieldSpec } from './field-spec.ts'
import { quote } from './go-text.ts'
import type { Kustomization } from './kustomization.ts'
import { displayPath, enter, joinPath, kindOfPath, type Loader, loadOptional, rootOf } from './loader.ts'
import { copyAccumulator, recall, remember } from './memo.ts'
import { scalar, setField } from './node.ts'
import { appendOrigin, noteOrigin, noteTransformation, type Origin, originText } from './origin.ts'
import type { Generator, Transformer } from './plugin.ts'
import { fail, Problem } from './problem.ts'
import { kustomizationNames, readKustomization } from './read-kustomization.ts'
import { readResources } from './read-resources.ts'
import { annotationsOf, originNote, type Resource, setAnnotations } from './resource.ts'
import { absorbAll, appendAll, dropEmpty, makeList, type ResourceList } from './resource-list.ts'
import { addVariable, addVariables, formatRawVariables, type ResolvedVariable } from './transform/variables.ts'
import {
  emptyTransformerConfig,
  mergeConfigs,
  readTransformerConfig,
  type TransformerConfig,
} from './transformer-config.ts'
import { firstDocument, jsonText, yamlToJson, yamlToStruct } from './yaml-text.ts'

/** What a kustomization and all it names come to, before the final steps. */
export interface Accumulator {
  list: ResourceList
  config: TransformerConfig
  variables: Map<string, ResolvedVariable>
}

export function makeAccumulator(): Accumulator {
  return { list: makeList(), config: emptyTransformerConfig, variables: new Map() }
}

/** A kustomization that has been read, in its place in the build. */
export interface Target extends Site {
  /** Namespace of the kustomizations above, for charts. */
  readonly helmNamespace: string
  readonly buildMetadata: readonly string[]
}

/** Reads the kustomization of a directory. `override` stands in for the file's content. */
export function readTarget(
  context: Context,
  loader: Loader,
  override?: JsonValue,
): Omit<Target, 'origin' | 'helmNamespace' | 'buildMetadata'> {
  const files = kustomizationNames.flatMap(name => {
    const found = loadOptional(loader, name)
    return found === undefined ? [] : [{ name, ...found }]
  })
  const [first] = files
  if (override === undefined && files.length > 1)
    fail(`Found multiple kustomization files under: ${rootOf(loader)}\n`, {
      code: 'kustomization-twice',
      hint: `keep one of ${files.map(file => file.name).join(', ')}`,
    })
  if (override === undefined && first === undefined)
    fail(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${rootOf(loader)}'`,
      { code: 'kustomization-missing', hint: 'add a kustomization.yaml, or name the files themselves' },
    )
  const path = first?.path ?? `${loader.dir === '' ? '' : `${loader.dir}/`}kustomization.yaml`
  const start: Position = { file: path, line: 1, column: 1 }
  let node: YamlNode | undefined
  const read = (): ReturnType<typeof readKustomization> => {
    let value = override
    if (value === undefined && first !== undefined) {
      const bytes = first.bytes
      node = firstDocument(bytes, path).node
      value = within(context, prefix('invalid Kustomization'), () => yamlToJson(bytes, path))
    }
    return readKustomization(value ?? null, rootOf(loader))
  }
  const { kustomization, warnings } = placed(start, () => node, read)
  context.warnings.push(...warnings)
  const positionOf = (field: string, index?: number): Position | undefined => {
    if (node === undefined) return start
    const at = (index === undefined ? undefined : nodeAt(node, [field, index])) ?? nodeAt(node, [field])
    return at === undefined || at.line === 0 ? start : { file: at.file, line: at.line, column: at.column }
  }
  return { context, loader, kustomization, file: first?.name ?? 'kustomization.yaml', positionOf }
}

/** Gives problems with a kustomization's fields the place of the field, where its name tells it. */
function placed<T>(start: Position, node: () => YamlNode | undefined, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Problem && error.details.position === undefined) {
      const name = /unknown field "([^"]+)"|Kustomization\.([A-Za-z0-9]+)/.exec(error.reason)
      const position = fieldPosition(node(), name?.[1] ?? name?.[2]) ?? start
      Object.assign(error, { details: { ...error.details, position } })
    }
    throw error
  }
}

function fieldPosition(node: YamlNode | undefined, name: string | undefined): Position | undefined {
  if (node === undefined || name === undefined) return undefined
  const map = node.kind === 'document' ? node.content[0] : node
  const find = (at: YamlNode | undefined): YamlNode | undefined => {
    if (at === undefined) return undefined
    if (at.kind === 'mapping')
      for (let i = 0; i < at.content.length; i += 2) if (at.content[i]?.value === name) return at.content[i]
    for (const child of at.content) {
      const found = find(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  const found = find(map)
  return found === undefined ? undefined : { file: found.file, line: found.line, column: found.column }
}

/** The schema document that `openapi.path` names. */
export function applySchema(context: Context, loader: Loader, kustomization: Kustomization): void {
  const path = kustomization.openapi?.get('path')
  if (path === undefined) {
    setSchema(context, kustomization.openapi, undefined)
    return
  }
  const { text, file } = readText(loader, path)
  if (kustomization.openapi?.has('version') === true) setSchema(context, kustomization.openapi, {})
  setSchema(context, kustomization.openapi, text.startsWith('{') ? jsonText(text) : yamlToJson(text, file))
}

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
      added = mergeConfigs(added, readTransformerConfig(yamlToStruct(text, file)))
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
  runGenerators(target, into)
  within(context, prefix('accumulating components'), () => accumulateComponents(target, into))
  runTransformers(target, into)
  runValidators(target, into)
  attempt(context, positionOf('vars'), () =>
    within(context, prefix(`merging vars ${formatRawVariables(k.vars ?? [])}`), () =>
      addVariables(into.list, into.variables, k.vars ?? []),
    ),
  )
}

function checkObjects(context: Context, list: ResourceList): void {
  if (list.items.length > context.limits.objects)
    fail(`the build has more than ${context.limits.objects} objects`, { code: 'limit-objects', hint: 'split it' })
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
    const step = (): void => accumulateResource(target, into, path, position)
    if (tolerant) attempt(context, position, step)
    else step()
    checkObjects(context, into.list)
  }
}

function accumulateResource(target: Target, into: Accumulator, path: string, position: Position | undefined): void {
  const { context, loader, origin } = target
  const isDirectory = kindOfPath(loader, path) === 'directory'
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
  const key = memoKey(parent, loader, origin, isComponent)
  if (key !== undefined && reuse(context, loader, key, into)) return
  const before = { warnings: context.warnings.length, problems: context.diagnostics.length }
  const reads = new Map<string, string | undefined>()
  context.collectors.push(reads)
  context.depth++
  if (position !== undefined) context.trail.push(position)
  try {
    if (context.depth > context.limits.depth)
      fail(`kustomizations are nested more than ${context.limits.depth} deep`, { code: 'limit-depth' })
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
    const wantsCopy = key !== undefined && (context.keepsMemo || context.met.has(key))
    const own = accumulateInto(target, into, isComponent, wantsCopy)
    const isClean = context.diagnostics.length === before.problems && context.needs.length === 0
    if (own !== undefined && key !== undefined && isClean && isMemoizable(context)) {
      const warnings = context.warnings.slice(before.warnings)
      const readSet = Array.from(reads, ([path, hash]) => ({ path, hash }))
      remember(context.memo, key, { accumulator: own, reads: readSet, warnings }, context.maxMemo)
    }
    if (key !== undefined) context.met.add(key)
  } catch (error) {
    if (error instanceof Problem && position !== undefined) error.trail = [position, ...error.trail]
    throw error
  } finally {
    context.collectors.splice(context.collectors.indexOf(reads), 1)
    context.depth--
    if (position !== undefined) context.trail.pop()
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
function isMemoizable({ schema, tracer }: Context): boolean {
  return !schema.isSet && tracer === undefined
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
  const memo = recall(context.memo, key, loader.source.tree)
  if (memo === undefined) return false
  for (const { path } of memo.reads) loader.noteRead(loader.source, path)
  context.warnings.push(...memo.warnings)
  mergeAccumulator(context, loader, copyAccumulator(memo.accumulator), into)
  return true
}

/** Builds the target on its own and adds it, or on top of what is there for a component. Returns a copy of its own result. */
function accumulateInto(
  target: Target,
  into: Accumulator,
  isComponent: boolean,
  wantsCopy: boolean,
): Accumulator | undefined {
  const { context, loader } = target
  const recursed = prefix(`recursed accumulation of path '${rootOf(loader)}'`)
  if (isComponent) {
    within(context, recursed, () => accumulate(target, into))
    // The original copies everything into a new accumulator, which can merge specs that were apart before.
    into.config = mergeConfigs(emptyTransformerConfig, into.config)
    return undefined
  }
  const own = makeAccumulator()
  within(context, recursed, () => accumulate(target, own))
  const copy = wantsCopy ? copyAccumulator(own) : undefined
  mergeAccumulator(context, loader, own, into)
  return copy
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
        message => `loader.New ${quote(message)}`,
        () => enter(loader, path),
      )
      within(
        context,
        message => `accumulateDirectory: ${quote(message)}`,
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

/** Objects that configure plugins: written out in the entries, or found at the paths they give. */
function pluginResources(target: Target, entries: readonly string[], field: string, role: string): Resource[] {
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
  accumulateResources(
    { ...target, positionOf: name => target.positionOf(name === field ? field : name) },
    found,
    paths,
    field,
    false,
  )
  return found.list.items
}

function runGenerators(target: Target, into: Accumulator): void {
  const { context, kustomization, positionOf } = target
  const generators: Generator[] = []
  attempt(context, positionOf('configMapGenerator'), () => {
    generators.push(...configureGenerators(target, target.helmNamespace))
  })
  attempt(context, positionOf('generators'), () =>
    within(context, prefix('loading generator plugins'), () => {
      const plugins = pluginResources(target, kustomization.generators ?? [], 'generators', 'generator')
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

function runTransformers(target: Target, into: Accumulator): void {
  const { context, kustomization, positionOf } = target
  const transformers: Transformer[] = []
  attempt(context, undefined, () => {
    transformers.push(...configureTransformers(target, into.config))
  })
  attempt(context, positionOf('transformers'), () => {
    const plugins = pluginResources(target, kustomization.transformers ?? [], 'transformers', 'transformer')
    transformers.push(...plugins.map(plugin => configureTransformer(target, plugin)))
  })
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
function runValidators(target: Target, into: Accumulator): void {
  const { context, kustomization, positionOf } = target
  if ((kustomization.validators ?? []).length === 0) return
  attempt(context, positionOf('validators'), () => {
    const plugins = pluginResources(target, kustomization.validators ?? [], 'validators', 'transformer')
    for (const plugin of plugins) configureTransformer(target, plugin).run(into.list)
  })
}
