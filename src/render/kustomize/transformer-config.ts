import { compareText } from '../../manifest/compare-text.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { type Decoder, flag, listOf, struct, text } from './decode.ts'
import { type FieldSpec, makeFieldSpec } from './field-spec.ts'
import { fail, prefixed } from './problem.ts'
import { type Gvk, isSelected, sameGvk } from './resource-id.ts'

/** Fields in other objects that hold names of objects of one kind. */
export interface NameReference extends Gvk {
  readonly fieldSpecs: readonly FieldSpec[]
}

/** Where each transformer works. */
export interface TransformerConfig {
  readonly namePrefix: readonly FieldSpec[]
  readonly nameSuffix: readonly FieldSpec[]
  readonly namespace: readonly FieldSpec[]
  readonly commonLabels: readonly FieldSpec[]
  readonly labels: readonly FieldSpec[]
  readonly templateLabels: readonly FieldSpec[]
  readonly volumeClaimTemplateLabels: readonly FieldSpec[]
  readonly commonAnnotations: readonly FieldSpec[]
  readonly nameReference: readonly NameReference[]
  readonly varReference: readonly FieldSpec[]
  readonly images: readonly FieldSpec[]
  readonly replicas: readonly FieldSpec[]
  /** True for a configuration that merging into an empty one does not change. */
  readonly settled: boolean
}

type Mutable = { -readonly [K in keyof TransformerConfig]: TransformerConfig[K] }

type SpecField = Exclude<keyof TransformerConfig, 'nameReference' | 'settled'>

const specFields: readonly (readonly [SpecField, string])[] = [
  ['namePrefix', 'NamePrefix'],
  ['nameSuffix', 'NameSuffix'],
  ['namespace', 'NameSpace'],
  ['commonAnnotations', 'CommonAnnotations'],
  ['commonLabels', 'CommonLabels'],
  ['labels', 'Labels'],
  ['templateLabels', 'TemplateLabels'],
  ['volumeClaimTemplateLabels', 'VolumeClaimTemplateLabels'],
  ['varReference', 'VarReference'],
  ['images', 'Images'],
  ['replicas', 'Replicas'],
]

export const emptyTransformerConfig: TransformerConfig = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  volumeClaimTemplateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
  settled: true,
}

/** Adds specs that are not there yet; the same place with another `create` is a problem. */
export function mergeSpecs(into: readonly FieldSpec[], from: readonly FieldSpec[]): readonly FieldSpec[] {
  let result: FieldSpec[] | undefined
  for (const spec of from) {
    const known = (result ?? into).find(other => other.path === spec.path && isSelected(other, spec))
    if (known === undefined) {
      result ??= [...into]
      result.push(spec)
    } else if (known.create !== spec.create) fail('conflicting fieldspecs', { code: 'conflicting-field-specs' })
  }
  return result ?? into
}

function mergeReferences(into: readonly NameReference[], from: readonly NameReference[]): readonly NameReference[] {
  const result = [...into]
  for (const reference of from) {
    const same = result.some(other => sameGvk(other, reference))
    if (!same) result.push(reference)
    else
      for (const [i, other] of result.entries())
        if (sameGvk(other, reference))
          result[i] = { ...other, fieldSpecs: mergeSpecs(other.fieldSpecs, reference.fieldSpecs) }
  }
  return result
}

/** Adds a configuration to another one. Both stay as they are. */
export function mergeConfigs(into: TransformerConfig, from: TransformerConfig): TransformerConfig {
  if (from === emptyTransformerConfig || (into === from && into.settled)) return into
  if (into === emptyTransformerConfig && from.settled) return from
  const merged: Mutable = { ...into, settled: false }
  for (const [field, goName] of specFields) {
    merged[field] = prefixed(`failed to merge ${goName} fieldSpec`, () => mergeSpecs(into[field], from[field]))
  }
  merged.nameReference = prefixed('failed to merge NameReference fieldSpec', () =>
    mergeReferences(into.nameReference, from.nameReference),
  )
  return sortedConfig(merged)
}

/** Orders all fields by kind, as kustomize keeps them. */
export function sortedConfig(config: TransformerConfig): TransformerConfig {
  const sorted: Mutable = { ...config }
  for (const [field] of specFields) sorted[field] = sortedByGvk(config[field])
  sorted.nameReference = sortedByGvk(config.nameReference)
  return sorted
}

const first = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
] as const
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const

/** Kinds that come first and last in the legacy order. */
export const legacyOrder = { first, last }

const rank = new Map<string, number>([
  ...first.map((kind, i): [string, number] => [kind, i - first.length]),
  ...last.map((kind, i): [string, number] => [kind, i + 1]),
])

function sortedByGvk<T extends Gvk>(items: readonly T[]): readonly T[] {
  const key = (gvk: Gvk): string => `${gvk.group || '~G'}_${gvk.version || '~V'}_${gvk.kind || '~K'}`
  return items.toSorted((a, b) => {
    const difference = (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0)
    return difference === 0 ? compareText(key(a), key(b)) : difference
  })
}

interface RawFieldSpec extends Gvk {
  readonly path: string
  readonly create: boolean
}

const inGvk = { group: 'Gvk', version: 'Gvk', kind: 'Gvk' }

const rawFieldSpec = struct<RawFieldSpec>(
  'types.FieldSpec',
  {
    group: text,
    version: text,
    kind: text,
    path: text,
    create: flag,
  },
  inGvk,
)

export const decodeFieldSpec: Decoder<FieldSpec> = (value, path) => {
  const { path: fieldPath, ...rest } = rawFieldSpec(value, path)
  return makeFieldSpec(fieldPath, rest)
}

export const decodeFieldSpecs = listOf(decodeFieldSpec, 'types.FsSlice')

const specs: Decoder<readonly FieldSpec[]> = (value, path) => decodeFieldSpecs(value, path) ?? []

const nameReference = struct<NameReference>(
  'builtinconfig.NameBackReferences',
  {
    group: text,
    version: text,
    kind: text,
    fieldSpecs: specs,
  },
  inGvk,
)

const nameReferences: Decoder<readonly NameReference[]> = (value, path) =>
  listOf(nameReference, 'builtinconfig.nbrSlice')(value, path) ?? []

const decodeConfig = struct<TransformerConfig>('builtinconfig.TransformerConfig', {
  namePrefix: specs,
  nameSuffix: specs,
  namespace: specs,
  commonLabels: specs,
  labels: specs,
  templateLabels: specs,
  volumeClaimTemplateLabels: specs,
  commonAnnotations: specs,
  nameReference: nameReferences,
  varReference: specs,
  images: specs,
  replicas: specs,
  settled: () => false,
})

/** Reads a file of `configurations:`. */
export function readTransformerConfig(value: JsonValue): TransformerConfig {
  return prefixed('error unmarshaling JSON: while decoding JSON', () =>
    sortedConfig(decodeConfig(value, { struct: 'TransformerConfig', fields: [], strict: true, lenient: true })),
  )
}
