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
import type {
  FieldOptions,
  GeneratorArgs,
  GeneratorOptions,
  HelmChart,
  HelmGlobals,
  Image,
  Kustomization,
  Label,
  ObjectMeta,
  OldHelmChart,
  Patch,
  PatchOptions,
  Replacement,
  ReplacementField,
  ReplacementSource,
  ReplacementTarget,
  Replica,
  SecretArgs,
  SortOptions,
  Variable,
  VariableTarget,
} from './kustomization-fields.ts'
import type { Selector } from './selector.ts'
import { decodeFieldSpecs } from './transformer-config.ts'

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
