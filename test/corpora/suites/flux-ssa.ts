import { isDeepStrictEqual } from 'node:util'
import { disappearsWhenDone } from '../../../src/health/summary.ts'
import { canonicalJson } from '../../../src/manifest/canonical.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { readManifests } from '../../../src/manifest/yaml/manifests.ts'
import { withoutInvalidCaBundle } from '../../../src/plan/ca-bundle.ts'
import type { PatchOperation } from '../../../src/plan/json-patch.ts'
import { maskPatch, maskSecrets } from '../../../src/plan/mask.ts'
import { normalize, normalizeDryRun } from '../../../src/plan/normalize/normalize.ts'
import { diffContent, diffMetadata, labelsAndAnnotations } from '../../../src/plan/object-diff.ts'
import { isJob, parseGroupKinds } from '../../../src/plan/order.ts'
import { getAt } from '../../../src/plan/pointer.ts'
import { withMetadata } from '../../../src/plan/switches.ts'
import { type Candidate, candidateOf, compileTarget, type Target } from '../../../src/plan/target.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface Named {
  readonly name: string
  readonly error?: string
}
type NormalizeRow = Named & {
  readonly object: KubeObject
  readonly want?: JsonObject | 'same'
  readonly dryRun?: boolean
}
type DiffRow = Named & {
  readonly x: JsonObject
  readonly y: JsonObject
  readonly what: string
  readonly want: JsonValue
}
type MaskRow = Named & { readonly patch: readonly PatchOperation[]; readonly want: JsonValue }
type SanitizeRow = Named & {
  readonly old?: JsonObject
  readonly new?: JsonObject
  readonly want?: { readonly old?: JsonObject; readonly new?: JsonObject }
}
type SelectorRow = Named & {
  readonly selector: Target
  readonly on: Partial<Candidate> & { readonly object?: KubeObject | null }
  readonly want: boolean
}
type JobRow = Named & {
  readonly apiVersion?: string
  readonly kind?: string
  readonly isJob?: boolean
  readonly objects?: readonly KubeObject[]
  readonly jobsWithTTL?: number
}
type BundleRow = Named & { readonly object: KubeObject; readonly removed: boolean; readonly caBundle: string }
type MetadataRow = Named & {
  readonly objects?: readonly KubeObject[]
  readonly object?: KubeObject
  readonly labels?: Record<string, string> | null
  readonly annotations?: Record<string, string> | null
  readonly want: JsonValue
}

function compare(name: string, got: unknown, want: unknown): CaseResult {
  const passed = isDeepStrictEqual(plain(got), plain(want))
  return { name, passed, detail: `${JSON.stringify(got)} instead of ${JSON.stringify(want)}` }
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(canonicalJson(value as JsonValue))
}

function withoutBefore(patch: readonly PatchOperation[]): JsonValue {
  const operations = patch.map(({ op, path, value }) => ({ op, path, ...(value === undefined ? {} : { value }) }))
  return operations.length === 0 ? null : operations
}

function normalizeCase(row: NormalizeRow): CaseResult {
  const got = row.dryRun === true ? normalizeDryRun(row.object) : normalize(row.object)
  return compare(`normalize ${row.name}`, got, row.want === 'same' ? row.object : row.want)
}

/** Whether the patch is to be as short as possible is not in the data, so either form is right. */
function diffCase(row: DiffRow): CaseResult {
  const diff = row.what === 'metadata' ? diffMetadata : diffContent
  const results = [false, true].map(compact =>
    compare(`diff ${row.name}`, withoutBefore(diff(row.x, row.y, { compact })), row.want),
  )
  return results.find(({ passed }) => passed) ?? results[0]!
}

/** The data has no old values. A replacement has some by definition: each value is taken to have been another one. */
function withOldValue(operation: PatchOperation): PatchOperation {
  const { op, value } = operation
  if (op !== 'replace') return operation
  if (!isObject(value)) return { ...operation, before: 'before' }
  return { ...operation, before: Object.fromEntries(Object.keys(value).map(key => [key, 'before'])) }
}

function maskCase(row: MaskRow): CaseResult {
  return compare(`mask ${row.name}`, withoutBefore(maskPatch(row.patch.map(withOldValue))), row.want)
}

function sanitizeCase(row: SanitizeRow): CaseResult {
  const { before, after } = maskSecrets(row.old, row.new)
  const name = `sanitize ${row.name}`
  if (row.error !== undefined) {
    const shown = canonicalJson({ before, after })
    const values = [row.old, row.new].flatMap(object => (typeof object?.['data'] === 'string' ? [object['data']] : []))
    return { name, passed: values.every(value => !shown.includes(value)), detail: shown }
  }
  return compare(name, { old: before, new: after }, { old: row.want?.old, new: row.want?.new })
}

function selectorCase(row: SelectorRow): CaseResult {
  const name = `selector ${row.name}`
  const compiled = compileTarget(row.selector)
  if ('error' in compiled) return { name, passed: row.error !== undefined, detail: compiled.error }
  const { object } = row.on
  const none = { apiVersion: '', kind: '', metadata: { name: '' } }
  const given = object === undefined ? row.on : candidateOf({ ...none, ...object })
  const empty = { group: '', version: '', kind: '', name: '', namespace: '', labels: {}, annotations: {} }
  return compare(name, compiled.matches({ ...empty, ...given }), row.want)
}

function jobCase(row: JobRow): CaseResult {
  if (row.objects !== undefined)
    return compare(`job ${row.name}`, row.objects.filter(disappearsWhenDone).length, row.jobsWithTTL)
  return compare(`job ${row.name}`, isJob({ apiVersion: row.apiVersion ?? '', kind: row.kind ?? '' }), row.isJob)
}

function bundleCase(row: BundleRow): CaseResult {
  const path = ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle']
  const before = getAt(row.object as unknown as JsonObject, path)
  const after = getAt(withoutInvalidCaBundle(row.object) as unknown as JsonObject, path)
  const got = { removed: before !== undefined && after === undefined, caBundle: after ?? '' }
  return compare(`cabundle ${row.name}`, got, { removed: row.removed, caBundle: row.caBundle })
}

function metadataCase(row: MetadataRow): CaseResult {
  const common = { labels: row.labels ?? {}, annotations: row.annotations ?? {} }
  const objects = row.objects ?? (row.object === undefined ? [] : [row.object])
  const got = objects.map(object => withMetadata(object, common))
  return compare(`commonmeta ${row.name}`, row.objects === undefined ? got[0] : got, row.want)
}

function countObjects(yaml: string): number {
  const { manifests } = readManifests(yaml, { file: 'objects.yaml', dialect: 'kubectl' })
  return manifests.filter(({ value }) => !String(value['apiVersion']).startsWith('kustomize.config.k8s.io/')).length
}

export const suite: CorpusSuite = {
  corpus: 'flux-ssa',
  async *run(folder) {
    for (const row of readRows<NormalizeRow>(folder, 'normalize.jsonl')) yield normalizeCase(row)
    for (const row of readRows<DiffRow>(folder, 'diff.jsonl')) yield diffCase(row)
    for (const row of readRows<MaskRow>(folder, 'mask.jsonl')) yield maskCase(row)
    for (const row of readRows<SanitizeRow>(folder, 'sanitize.jsonl')) yield sanitizeCase(row)
    for (const row of readRows<SelectorRow>(folder, 'selector.jsonl')) yield selectorCase(row)
    for (const row of readRows<JobRow>(folder, 'job.jsonl')) yield jobCase(row)
    for (const row of readRows<BundleRow>(folder, 'cabundle.jsonl')) yield bundleCase(row)
    for (const row of readRows<MetadataRow>(folder, 'commonmeta.jsonl')) yield metadataCase(row)
    for (const row of readRows<Named & { object: JsonObject; want: JsonObject }>(folder, 'copymeta.jsonl'))
      yield compare(`copymeta ${row.name}`, labelsAndAnnotations(row.object), row.want)
    for (const row of readRows<Named & { yaml: string; count: number }>(folder, 'readobjects.jsonl'))
      yield compare(`readobjects ${row.name}`, countObjects(row.yaml), row.count)
    for (const row of readRows<Named & { input: string; want: string[] }>(folder, 'groupkinds.jsonl'))
      yield compare(`groupkinds ${row.name}`, [...parseGroupKinds(row.input)].sort(), row.want)
  },
}
