import type { Position } from '../../manifest/diagnostic.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { attempt, type Context, schemasOf } from './context.ts'
import type { FieldSpec } from './field-spec.ts'
import { makeFieldSpec } from './field-spec.ts'
import { generateConfigMap, generateSecret, mergeOptions } from './generate/config-map.ts'
import { checkHelmConfig, generateHelmChart, type HelmConfig } from './generate/helm-chart.ts'
import type { JsonPatch } from './json-patch.ts'
import { decodeReplacement } from './kustomization.ts'
import type {
  GeneratorOptions,
  Kustomization,
  Label,
  Patch,
  Replacement,
  ReplacementField,
} from './kustomization-fields.ts'
import { type Loader, loadFile } from './loader.ts'
import { configuredBy, type Origin } from './origin.ts'
import type { Generator, Transformer } from './plugin.ts'
import { fail, Problem, prefixed } from './problem.ts'
import { readJsonPatchText } from './read-json-patch.ts'
import { readResources } from './read-resources.ts'
import type { Resource } from './resource.ts'
import type { Selector } from './selector.ts'
import { setEntries } from './transform/entries.ts'
import { setImage } from './transform/images.ts'
import { affixNames } from './transform/name-affix.ts'
import { setNamespaces } from './transform/namespace.ts'
import { applyJson6902, applyPatch, applyStrategicMerges, loadPatch } from './transform/patches.ts'
import { replace } from './transform/replacements.ts'
import { setReplicas } from './transform/replicas.ts'
import { mergeSpecs, type TransformerConfig } from './transformer-config.ts'
import { yamlToJson, yamlToStruct } from './yaml-text.ts'

/** What configuring needs to know about the kustomization it is for. */
export interface Site {
  readonly context: Context
  readonly loader: Loader
  readonly kustomization: Kustomization
  /** Name of the kustomization's file. */
  readonly file: string
  readonly origin: Origin | undefined
  /** Position of a field, or of one entry of it. */
  readonly positionOf: (field: string, index?: number) => Position | undefined
}

export function readText(loader: Loader, path: string): { readonly text: string; readonly file: string } {
  const { bytes, path: file } = loadFile(loader, path)
  return { text: Buffer.from(bytes).toString('utf8'), file }
}

/** The generators of a kustomization's own fields. */
export function configureGenerators(site: Site, helmNamespace: string): Generator[] {
  const { kustomization, loader } = site
  const read = (path: string): Uint8Array => loadFile(loader, path).bytes
  const generators: Generator[] = []
  const add = (kind: string, field: string, index: number, run: () => Resource[]): void => {
    generators.push({ kind, ...describe(site, kind, field, index), run })
  }
  for (const [i, args] of (kustomization.configMapGenerator ?? []).entries()) {
    const options = mergeOptions(args.options, kustomization.generatorOptions)
    add('ConfigMapGenerator', 'configMapGenerator', i, () => [generateConfigMap({ ...args, options }, read)])
  }
  for (const [i, args] of (kustomization.secretGenerator ?? []).entries()) {
    const options: GeneratorOptions | undefined = mergeOptions(args.options, kustomization.generatorOptions)
    add('SecretGenerator', 'secretGenerator', i, () => [generateSecret({ ...args, options }, read)])
  }
  for (const [i, chart] of (kustomization.helmCharts ?? []).entries()) {
    const namespace = chart.namespace || kustomization.namespace || helmNamespace
    const globals = kustomization.helmGlobals ?? { chartHome: '', configHome: '' }
    const config: HelmConfig = { ...globals, ...chart, namespace }
    prefixed('trouble configuring builtin HelmChartInflationGenerator', () =>
      checkHelmConfig(config, site.context.options.helm === true),
    )
    add('HelmChartInflationGenerator', 'helmCharts', i, () => generateHelmChart(config, loader))
  }
  return generators
}

function describe(
  site: Site,
  kind: string,
  field: string,
  index?: number,
): Pick<Transformer, 'by' | 'position' | 'origin'> {
  return {
    by: index === undefined ? field : `${field}[${index}]`,
    position: site.positionOf(field, index),
    origin: site.origin === undefined ? undefined : configuredBy(site.origin, site.file, kind),
  }
}

/** The transformers of a kustomization's own fields, in the order in which kustomize runs them. */
export function configureTransformers(site: Site, config: TransformerConfig): Transformer[] {
  const k = site.kustomization
  const transformers: Transformer[] = []
  const add = (kind: string, field: string, index: number | undefined, run: Transformer['run']): void => {
    transformers.push({ kind, ...describe(site, kind, field, index), run })
  }
  const schemas = schemasOf(site.context)
  each(site, 'patchesStrategicMerge', (k.patchesStrategicMerge ?? []).length > 0 ? [0] : [], () => {
    const patches = loadStrategicMerges(site, k.patchesStrategicMerge ?? [])
    add('PatchStrategicMergeTransformer', 'patchesStrategicMerge', undefined, list =>
      applyStrategicMerges(list, patches, schemas),
    )
  })
  each(site, 'patches', k.patches, (patch, i) => {
    const loaded = configuring(
      'PatchTransformer',
      () => patchConfig(patch),
      () =>
        loadPatch(
          patch,
          path => readText(site.loader, path).text,
          text => readPatch(site, patch, text),
          () => toYaml(patchConfig(patch)),
        ),
    )
    add('PatchTransformer', 'patches', i, list => applyPatch(list, loaded, patch.target, schemas))
  })
  if (k.namespace !== '')
    add('NamespaceTransformer', 'namespace', undefined, list =>
      setNamespaces(list, { namespace: k.namespace, specs: config.namespace }),
    )
  if (k.namePrefix !== '')
    add('PrefixTransformer', 'namePrefix', undefined, list =>
      affixNames(list, 'prefix', k.namePrefix, config.namePrefix),
    )
  if (k.nameSuffix !== '')
    add('SuffixTransformer', 'nameSuffix', undefined, list =>
      affixNames(list, 'suffix', k.nameSuffix, config.nameSuffix),
    )
  each(site, 'labels', k.labels, (label, i) => {
    const specs = labelSpecs(label, config)
    add('LabelTransformer', 'labels', i, list => setEntries(list, label.pairs, specs))
  })
  if ((k.labels ?? []).length > 0 || (k.commonLabels?.size ?? 0) > 0)
    add('LabelTransformer', 'commonLabels', undefined, list => setEntries(list, k.commonLabels, config.commonLabels))
  if ((k.commonAnnotations?.size ?? 0) > 0)
    add('AnnotationsTransformer', 'commonAnnotations', undefined, list =>
      setEntries(list, k.commonAnnotations, config.commonAnnotations),
    )
  each(site, 'patchesJson6902', k.patchesJson6902, (patch, i) => {
    const { operations, target } = configuring(
      'PatchJson6902Transformer',
      () => json6902Config(patch),
      () => loadJson6902({ target: patch.target, path: patch.path, jsonOp: patch.patch }, site.loader),
    )
    add('PatchJson6902Transformer', 'patchesJson6902', i, list => applyJson6902(list, operations, target))
  })
  each(site, 'replicas', k.replicas, (replica, i) => {
    add('ReplicaCountTransformer', 'replicas', i, list => setReplicas(list, replica, config.replicas))
  })
  each(site, 'images', k.images, (image, i) => {
    add('ImageTagTransformer', 'images', i, list => setImage(list, image, config.images))
  })
  each(site, 'replacements', (k.replacements ?? []).length > 0 ? [0] : [], () => {
    const replacements = configuring(
      'ReplacementTransformer',
      () => ({ Replacements: compactDeep(k.replacements ?? []) }),
      () => loadReplacements(k.replacements ?? [], site.loader),
    )
    add('ReplacementTransformer', 'replacements', undefined, list => replace(list, replacements))
  })
  return transformers
}

/** Configures one transformer per entry; a problem with one does not keep the others from being looked at. */
function each<T>(
  site: Site,
  field: string,
  entries: readonly T[] | undefined,
  step: (entry: T, index: number) => void,
): void {
  for (const [i, entry] of (entries ?? []).entries())
    attempt(site.context, site.positionOf(field, i), () => step(entry, i))
}

function configuring<T>(kind: string, config: () => JsonValue, step: () => T): T {
  return prefixed(() => `trouble configuring builtin ${kind} with config: \`\n${toYaml(config())}\``, step)
}

function labelSpecs(label: Label, config: TransformerConfig): readonly FieldSpec[] {
  return prefixed('failed to merge labels', () => {
    let specs = mergeSpecs(label.fields ?? [], config.labels)
    if (label.includeSelectors) return mergeSpecs(specs, config.commonLabels)
    if (label.includeTemplates) specs = mergeSpecs(specs, config.templateLabels)
    if (label.includeVolumeClaimTemplates) specs = mergeSpecs(specs, config.volumeClaimTemplateLabels)
    return mergeSpecs(specs, [makeFieldSpec('metadata/labels', { create: true })])
  })
}

/** Entries of `patchesStrategicMerge`: objects written out, or paths of files with some. */
function loadStrategicMerges(site: Site, paths: readonly string[]): Resource[] {
  return configuring(
    'PatchStrategicMergeTransformer',
    () => ({ paths: [...paths] }),
    () => readStrategicMerges(paths, '', site.loader),
  )
}

export function readStrategicMerges(paths: readonly string[], inline: string, loader: Loader): Resource[] {
  if (paths.length === 0 && inline === '') fail('empty file path and empty patch content', { code: 'patch-empty' })
  const patches = paths.flatMap(path => tryResources(path) ?? readPatchFile(path, loader))
  if (inline !== '') patches.push(...readResources(inline, ''))
  if (patches.length === 0)
    fail(`patch appears to be empty; files=[${paths.join(' ')}], Patch=${inline}`, { code: 'patch-empty' })
  return patches
}

function readPatchFile(path: string, loader: Loader): Resource[] {
  const { text, file } = readText(loader, path)
  return namingFile(path, () => readResources(text, file))
}

/** A syntax error names the file. */
export function namingFile<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Problem && error.message.includes('MalformedYAMLError')) error.message += ` in File: ${path}`
    throw error
  }
}

/** The objects that a text holds; undefined where it is something else, such as a path. */
export function tryResources(text: string): Resource[] | undefined {
  try {
    return readResources(text, '')
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

function readPatch(site: Site, patch: Patch, text: string): Resource[] {
  return readResources(text, patch.path === '' ? '' : loadFile(site.loader, patch.path).path)
}

export interface Json6902Config {
  readonly target: Selector | undefined
  readonly path: string
  readonly jsonOp: string
}

export function loadJson6902(
  { target, path, jsonOp }: Json6902Config,
  loader: Loader,
): { readonly operations: JsonPatch; readonly target: Selector } {
  if (target === undefined || target.name === '')
    return fail('must specify the target name', { code: 'patch-without-target', hint: 'set target.name' })
  if (path === '' && jsonOp === '') fail('empty file path and empty jsonOp', { code: 'patch-empty' })
  if (path !== '' && jsonOp !== '') fail('must specify a file path or jsonOp, not both', { code: 'patch-twice' })
  const text = path === '' ? jsonOp : readText(loader, path).text
  if (text === '') fail(`patch file '${path}' empty seems to be empty`, { code: 'patch-empty' })
  const operations = prefixed(
    () => `decoding ${text.startsWith('[') ? text : jsonOf(text)}`,
    () => readJsonPatchText(text),
  )
  if (operations.length === 0) fail(`patch appears to be empty; file=${path}, JsonOp=${text}`, { code: 'patch-empty' })
  return { operations, target }
}

const jsonOf = (text: string): string => JSON.stringify(yamlToJson(text, ''))

/** Replacements written out, and those of files. */
export function loadReplacements(fields: readonly ReplacementField[], loader: Loader): Replacement[] {
  return fields.flatMap(field => {
    const { path, ...replacement } = field
    if (path === '') return [replacement]
    if (replacement.source !== undefined || (replacement.targets ?? []).length > 0)
      fail('cannot specify both path and inline replacement', { code: 'replacement-incomplete' })
    const { text, file } = readText(loader, path)
    const value = yamlToStruct(text, file)
    const at = { struct: 'Replacement', fields: [], strict: false, lenient: true }
    const decodeAll = (entries: readonly JsonValue[]): Replacement[] =>
      prefixed('error unmarshaling JSON: while decoding JSON', () => entries.map(entry => decodeReplacement(entry, at)))
    if (isArray(value)) return decodeAll(value)
    if (isObject(value)) return decodeAll([value])
    return fail('unsupported replacement type encountered within replacement path: invalid', {
      code: 'replacement-incomplete',
    })
  })
}

/** The same for everything inside, as `omitempty` leaves it out. */
function compactDeep(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(compactDeep)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  const entries = Object.entries(value).map(([key, entry]): [string, JsonValue | undefined] => [
    key,
    entry === undefined || entry === 0 ? undefined : compactDeep(entry),
  ])
  return compact(Object.fromEntries(entries))
}

/** Entries without what is empty, as kustomize prints configurations. */
function compact(object: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && value !== '' && value !== false),
  )
}

function selectorConfig(selector: Selector | undefined): JsonValue | undefined {
  if (selector === undefined) return undefined
  return compact({ ...selector })
}

function patchConfig(patch: Patch): JsonObject {
  return compact({
    path: patch.path,
    patch: patch.patch,
    target: selectorConfig(patch.target),
    options: patch.options === undefined ? undefined : compact({ ...patch.options }),
  })
}

function json6902Config(patch: Patch): JsonObject {
  return compact({ path: patch.path, jsonOp: patch.patch, target: selectorConfig(patch.target) })
}
