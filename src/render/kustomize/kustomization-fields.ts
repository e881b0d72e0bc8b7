import type { JsonObject } from '../../manifest/json.ts'
import type { FieldSpec } from './field-spec.ts'
import type { ResourceId } from './resource-id.ts'
import type { Selector } from './selector.ts'

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
