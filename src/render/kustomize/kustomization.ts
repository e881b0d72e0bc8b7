import type { JsonObject } from '../../manifest/json.ts'
import {
  anyObject,
  type Decoder,
  flag,
  integer,
  integerOf,
  listOf,
  optional,
  optionalText,
  struct,
  text,
  textMap,
  textOf,
} from './decode.ts'
import type { FieldSpec } from './field-spec.ts'
import type { ResourceId } from './resource-id.ts'
import type { Selector } from './selector.ts'
import { decodeFieldSpecs } from './transformer-config.ts'

/** The fields of a Kustomization or Component, as `kustomize.config.k8s.io` defines them. Absent lists are undefined. */
export interface Kustomization {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: ObjectMeta | undefined
  readonly openapi: ReadonlyMap<string, string> | undefined
  readonly namePrefix: string
  readonly nameSuffix: string
  readonly namespace: string
  readonly commonLabels: ReadonlyMap<string, string> | undefined
  readonly labels: readonly Label[] | undefined
  readonly commonAnnotations: ReadonlyMap<string, string> | undefined
  readonly patchesStrategicMerge: readonly string[] | undefined
  readonly patchesJson6902: readonly Patch[] | undefined
  readonly patches: readonly Patch[] | undefined
  readonly images: readonly Image[] | undefined
  readonly imageTags: readonly Image[] | undefined
  readonly replacements: readonly ReplacementField[] | undefined
  readonly replicas: readonly Replica[] | undefined
  readonly vars: readonly Variable[] | undefined
  readonly sortOptions: SortOptions | undefined
  readonly resources: readonly string[] | undefined
  readonly components: readonly string[] | undefined
  readonly crds: readonly string[] | undefined
  readonly bases: readonly string[] | undefined
  readonly configMapGenerator: readonly GeneratorArgs[] | undefined
  readonly secretGenerator: readonly SecretArgs[] | undefined
  readonly helmGlobals: HelmGlobals | undefined
  readonly helmCharts: readonly HelmChart[] | undefined
  readonly helmChartInflationGenerator: readonly OldHelmChart[] | undefined
  readonly generatorOptions: GeneratorOptions | undefined
  readonly configurations: readonly string[] | undefined
  readonly generators: readonly string[] | undefined
  readonly transformers: readonly string[] | undefined
  readonly validators: readonly string[] | undefined
  readonly buildMetadata: readonly string[] | undefined
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly labels: ReadonlyMap<string, string> | undefined
  readonly annotations: ReadonlyMap<string, string> | undefined
}

export interface Label {
  readonly pairs: ReadonlyMap<string, string> | undefined
  readonly includeSelectors: boolean
  readonly includeTemplates: boolean
  readonly includeVolumeClaimTemplates: boolean
  readonly fields: readonly FieldSpec[] | undefined
}

export interface PatchOptions {
  readonly allowNameChange: boolean
  readonly allowKindChange: boolean
}

export interface Patch {
  readonly path: string
  readonly patch: string
  readonly target: Selector | undefined
  readonly options: PatchOptions | undefined
}

export interface Image {
  readonly name: string
  readonly newName: string
  readonly tagSuffix: string
  readonly newTag: string
  readonly digest: string
}

export interface FieldOptions {
  readonly delimiter: string
  readonly index: number
  readonly encoding: string
  readonly create: boolean
}

export interface ReplacementSource extends ResourceId {
  readonly fieldPath: string
  readonly options: FieldOptions | undefined
}

export interface ReplacementTarget {
  readonly select: Selector | undefined
  readonly reject: readonly Selector[] | undefined
  readonly fieldPaths: readonly string[] | undefined
  readonly options: FieldOptions | undefined
}

export interface Replacement {
  readonly source: ReplacementSource | undefined
  readonly targets: readonly ReplacementTarget[] | undefined
  readonly sourceValue: string | undefined
}

export interface ReplacementField extends Replacement {
  readonly path: string
}

export interface Replica {
  readonly name: string
  readonly count: number
}

export interface Variable {
  readonly name: string
  readonly objref: VariableTarget
  readonly fieldref: { readonly fieldPath: string }
}

export interface VariableTarget extends ResourceId {
  readonly apiVersion: string
}

export interface SortOptions {
  readonly order: string
  readonly legacySortOptions:
    | { readonly orderFirst: readonly string[] | undefined; readonly orderLast: readonly string[] | undefined }
    | undefined
}

export interface GeneratorOptions {
  readonly labels: ReadonlyMap<string, string> | undefined
  readonly annotations: ReadonlyMap<string, string> | undefined
  readonly disableNameSuffixHash: boolean
  readonly immutable: boolean
}

export interface GeneratorArgs {
  readonly namespace: string
  readonly name: string
  readonly behavior: string
  readonly literals: readonly string[] | undefined
  readonly files: readonly string[] | undefined
  readonly envs: readonly string[] | undefined
  readonly env: string
  readonly options: GeneratorOptions | undefined
}

export interface SecretArgs extends GeneratorArgs {
  readonly type: string
}

export interface HelmGlobals {
  readonly chartHome: string
  readonly configHome: string
}

export interface HelmChart {
  readonly name: string
  readonly version: string
  readonly repo: string
  readonly releaseName: string
  readonly namespace: string
  readonly additionalValuesFiles: readonly string[] | undefined
  readonly valuesFile: string
  readonly valuesInline: JsonObject | undefined
  readonly valuesMerge: string
  readonly includeCRDs: boolean
  readonly skipHooks: boolean
  readonly apiVersions: readonly string[] | undefined
  readonly kubeVersion: string
  readonly nameTemplate: string
  readonly skipTests: boolean
  readonly debug: boolean
  readonly devel: boolean
}

export interface OldHelmChart {
  readonly chartName: string
  readonly chartVersion: string
  readonly chartRepoUrl: string
  readonly chartHome: string
  readonly chartRepoName: string
  readonly helmBin: string
  readonly helmHome: string
  readonly values: string
  readonly valuesLocal: JsonObject | undefined
  readonly valuesMerge: string
  readonly releaseName: string
  readonly releaseNamespace: string
  readonly extraArgs: readonly string[] | undefined
}

const id = { group: text, version: text, kind: text, name: text, namespace: text }
const inGvk = { group: 'ResId.Gvk', version: 'ResId.Gvk', kind: 'ResId.Gvk' }
const inId = { ...inGvk, name: 'ResId', namespace: 'ResId' }
const texts = listOf(text)

export const decodeObjectMeta = struct<ObjectMeta>('types.ObjectMeta', {
  name: text,
  namespace: text,
  labels: textMap,
  annotations: textMap,
})

export const decodeSelector = struct<Selector>(
  'types.Selector',
  {
    ...id,
    annotationSelector: text,
    labelSelector: text,
  },
  inId,
)

const label = struct<Label>('types.Label', {
  pairs: textMap,
  includeSelectors: flag,
  includeTemplates: flag,
  includeVolumeClaimTemplates: flag,
  fields: decodeFieldSpecs,
})

export const decodePatchOptions = struct<PatchOptions>('types.PatchArgs', {
  allowNameChange: flag,
  allowKindChange: flag,
})

const patch = struct<Patch>('types.Patch', {
  path: text,
  patch: text,
  target: optional(decodeSelector),
  options: optional(decodePatchOptions),
})

export const decodeImage = struct<Image>('types.Image', {
  name: text,
  newName: text,
  tagSuffix: text,
  newTag: text,
  digest: text,
})

const fieldOptions = struct<FieldOptions>('types.FieldOptions', {
  delimiter: text,
  index: integer,
  encoding: text,
  create: flag,
})

const source = struct<ReplacementSource>(
  'types.SourceSelector',
  {
    ...id,
    fieldPath: text,
    options: optional(fieldOptions),
  },
  inId,
)

const target = struct<ReplacementTarget>('types.TargetSelector', {
  select: optional(decodeSelector),
  reject: listOf(decodeSelector, '[]*types.Selector'),
  fieldPaths: texts,
  options: optional(fieldOptions),
})

const replacementFields = {
  source: optional(source),
  targets: listOf(target, '[]*types.TargetSelector'),
  sourceValue: optionalText,
}

export const decodeReplacement: Decoder<Replacement> = struct<Replacement>('types.Replacement', replacementFields)

export const decodeReplacementField = struct<ReplacementField>(
  'types.ReplacementField',
  {
    ...replacementFields,
    path: text,
  },
  { source: 'Replacement', targets: 'Replacement', sourceValue: 'Replacement' },
)

export const decodeReplica = struct<Replica>('types.Replica', { name: text, count: integerOf('int64') })

const variable = struct<Variable>('types.Var', {
  name: text,
  objref: struct<VariableTarget>(
    'types.Target',
    { ...id, apiVersion: text },
    { group: 'Gvk', version: 'Gvk', kind: 'Gvk' },
  ),
  fieldref: struct('types.FieldSelector', { fieldPath: text }),
})

const sortOptions = struct<SortOptions>('types.SortOptions', {
  order: textOf('types.SortOrder'),
  legacySortOptions: optional(struct('types.LegacySortOptions', { orderFirst: texts, orderLast: texts })),
})

const generatorOptions = struct<GeneratorOptions>('types.GeneratorOptions', {
  labels: textMap,
  annotations: textMap,
  disableNameSuffixHash: flag,
  immutable: flag,
})

const generatorFields = {
  namespace: text,
  name: text,
  behavior: text,
  literals: texts,
  files: texts,
  envs: texts,
  env: text,
  options: optional(generatorOptions),
}

const inArgs = {
  namespace: 'GeneratorArgs',
  name: 'GeneratorArgs',
  behavior: 'GeneratorArgs',
  literals: 'GeneratorArgs.KvPairSources',
  files: 'GeneratorArgs.KvPairSources',
  envs: 'GeneratorArgs.KvPairSources',
  env: 'GeneratorArgs.KvPairSources',
  options: 'GeneratorArgs',
}

export const decodeConfigMapArgs = struct<GeneratorArgs>('types.ConfigMapArgs', generatorFields, inArgs)
export const decodeSecretArgs = struct<SecretArgs>('types.SecretArgs', { ...generatorFields, type: text }, inArgs)

export const helmGlobalFields = { chartHome: text, configHome: text }
const helmGlobals = struct<HelmGlobals>('types.HelmGlobals', helmGlobalFields)

export const helmChartFields = {
  name: text,
  version: text,
  repo: text,
  releaseName: text,
  namespace: text,
  additionalValuesFiles: texts,
  valuesFile: text,
  valuesInline: anyObject,
  valuesMerge: text,
  includeCRDs: flag,
  skipHooks: flag,
  apiVersions: texts,
  kubeVersion: text,
  nameTemplate: text,
  skipTests: flag,
  debug: flag,
  devel: flag,
}
const helmChart = struct<HelmChart>('types.HelmChart', helmChartFields)

const oldHelmChart = struct<OldHelmChart>('types.HelmChartArgs', {
  chartName: text,
  chartVersion: text,
  chartRepoUrl: text,
  chartHome: text,
  chartRepoName: text,
  helmBin: text,
  helmHome: text,
  values: text,
  valuesLocal: anyObject,
  valuesMerge: text,
  releaseName: text,
  releaseNamespace: text,
  extraArgs: texts,
})

export const decodeKustomization: Decoder<Kustomization> = struct<Kustomization>(
  'types.Kustomization',
  {
    kind: text,
    apiVersion: text,
    metadata: optional(decodeObjectMeta),
    openapi: textMap,
    namePrefix: text,
    nameSuffix: text,
    namespace: text,
    commonLabels: textMap,
    labels: listOf(label, '[]types.Label'),
    commonAnnotations: textMap,
    patchesStrategicMerge: listOf(text, '[]types.PatchStrategicMerge'),
    patchesJson6902: listOf(patch, '[]types.Patch'),
    patches: listOf(patch, '[]types.Patch'),
    images: listOf(decodeImage, '[]types.Image'),
    imageTags: listOf(decodeImage, '[]types.Image'),
    replacements: listOf(decodeReplacementField, '[]types.ReplacementField'),
    replicas: listOf(decodeReplica, '[]types.Replica'),
    vars: listOf(variable, '[]types.Var'),
    sortOptions: optional(sortOptions),
    resources: texts,
    components: texts,
    crds: texts,
    bases: texts,
    configMapGenerator: listOf(decodeConfigMapArgs, '[]types.ConfigMapArgs'),
    secretGenerator: listOf(decodeSecretArgs, '[]types.SecretArgs'),
    helmGlobals: optional(helmGlobals),
    helmCharts: listOf(helmChart, '[]types.HelmChart'),
    helmChartInflationGenerator: listOf(oldHelmChart, '[]types.HelmChartArgs'),
    generatorOptions: optional(generatorOptions),
    configurations: texts,
    generators: texts,
    transformers: texts,
    validators: texts,
    buildMetadata: texts,
  },
  { kind: 'TypeMeta', apiVersion: 'TypeMeta' },
)
