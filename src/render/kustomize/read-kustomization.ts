import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { decodeKustomization } from './kustomization.ts'
import type { HelmChart, Kustomization, OldHelmChart } from './kustomization-fields.ts'
import { fail, prefixed } from './problem.ts'

/** File names that make a directory a kustomization, in the order of search. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const

const group = 'kustomize.config.k8s.io'

/** A kustomization ready to be built, and what its author should know. */
export interface ReadKustomization {
  readonly kustomization: Kustomization
  readonly warnings: readonly string[]
}

/** Checks the value of a kustomization file, fills in kind and version, and folds old fields into new ones. */
export function readKustomization(value: JsonValue, root: string): ReadKustomization {
  const raw = prefixed('invalid Kustomization', () =>
    decodeKustomization(value, { struct: 'Kustomization', fields: [], strict: true }),
  )
  const warnings = deprecations(raw)
  const kustomization = modernize(raw)
  if (isBlank(value))
    fail('kustomization.yaml is empty', { code: 'kustomization-empty', hint: 'list something under resources' })
  const errors = versionErrors(kustomization)
  if (errors.length > 0)
    fail(`Failed to read kustomization file under ${root}:\n${errors.join('\n')}`, { code: 'kustomization-version' })
  return { kustomization, warnings }
}

const deprecated = [
  ['bases', 'resources', ''],
  ['commonLabels', 'labels', ''],
  ['imageTags', 'images', ''],
  ['patchesJson6902', 'patches', ''],
  ['patchesStrategicMerge', 'patches', ''],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
] as const

function deprecations(kustomization: Kustomization): string[] {
  return deprecated
    .filter(([field]) => kustomization[field] !== undefined)
    .map(
      ([field, instead, stage]) =>
        `# Warning: '${field}' is deprecated. Please use '${instead}' instead. ${stage}Run 'kustomize edit fix' to update your Kustomization automatically.`,
    )
}

/** True where nothing but kind and version is set; empty lists and maps count as set, as in the original. */
function isBlank(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true
  return Object.entries(value as JsonObject).every(
    ([key, entry]) => key === 'kind' || key === 'apiVersion' || entry === null || entry === '',
  )
}

function join<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  return b === undefined || b.length === 0 ? a : [...(a ?? []), ...b]
}

function modernize(k: Kustomization): Kustomization {
  const kind = k.kind === '' ? 'Kustomization' : k.kind
  const old = k.helmChartInflationGenerator ?? []
  const globals = old.reduce(
    (sum, chart) => ({
      chartHome: chart.chartHome === '' ? sum.chartHome : chart.chartHome,
      configHome: chart.helmHome === '' ? sum.configHome : chart.helmHome,
    }),
    { chartHome: '', configHome: '' },
  )
  const hasGlobals = globals.chartHome !== '' || globals.configHome !== ''
  return {
    ...k,
    kind,
    apiVersion: k.apiVersion === '' ? `${group}/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}` : k.apiVersion,
    resources: join(k.resources, k.bases),
    bases: undefined,
    images: join(k.images, k.imageTags),
    imageTags: undefined,
    configMapGenerator: k.configMapGenerator?.map(withEnvs),
    secretGenerator: k.secretGenerator?.map(withEnvs),
    helmGlobals: k.helmGlobals ?? (hasGlobals ? globals : undefined),
    helmCharts: join(k.helmCharts, old.map(modernChart)),
    helmChartInflationGenerator: undefined,
  }
}

function withEnvs<T extends { readonly env: string; readonly envs: readonly string[] | undefined }>(args: T): T {
  return args.env === '' ? args : { ...args, envs: [...(args.envs ?? []), args.env], env: '' }
}

function modernChart(old: OldHelmChart): HelmChart {
  return {
    name: old.chartName,
    version: old.chartVersion,
    repo: old.chartRepoUrl,
    releaseName: old.releaseName,
    namespace: '',
    additionalValuesFiles: undefined,
    valuesFile: old.values,
    valuesInline: old.valuesLocal,
    valuesMerge: old.valuesMerge,
    includeCRDs: false,
    skipHooks: false,
    apiVersions: undefined,
    kubeVersion: '',
    nameTemplate: '',
    skipTests: false,
    debug: false,
    devel: false,
  }
}

function versionErrors({ kind, apiVersion }: Kustomization): string[] {
  const errors: string[] = []
  if (kind !== 'Kustomization' && kind !== 'Component') errors.push('kind should be Kustomization or Component')
  const required = `${group}/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`
  if (apiVersion !== required) errors.push(`apiVersion for ${kind} should be ${required}`)
  return errors
}
