import { isDeepStrictEqual } from 'node:util'
import { applyConfiguration, updateManagedFields } from '../../../src/manifest/fields/field-manager.ts'
import { fieldSetOf } from '../../../src/manifest/fields/field-set.ts'
import { keepUnchangedTimes } from '../../../src/manifest/fields/unchanged-times.ts'
import type { VersionedKind } from '../../../src/manifest/fields/versions.ts'
import type { JsonObject, JsonValue } from '../../../src/manifest/json.ts'
import { type KubeObject, type ManagedFieldsEntry, parseApiVersion } from '../../../src/manifest/object.ts'
import type { PatchFailure, PatchResult } from '../../../src/manifest/patch/failure.ts'
import { applyJsonPatch } from '../../../src/manifest/patch/json-patch.ts'
import { applyMergePatch } from '../../../src/manifest/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../../src/manifest/patch/strategic/apply.ts'
import { schemaFor } from '../../../src/manifest/schema/builtin.ts'
import { schemaFromCrd } from '../../../src/manifest/schema/crd.ts'
import { normalizeBuiltin } from '../../../src/manifest/schema/normalize.ts'
import type { Schema } from '../../../src/manifest/schema/schema.ts'
import type { Answer, Api } from '../../support/api.ts'
import { widgetCrd } from '../../support/kube-sequences/kinds.ts'
import { edited, type Step, sequenceOf } from '../../support/kube-sequences/sequence.ts'

const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** A step where our result is not the server's. */
export interface Difference {
  readonly seed: number
  readonly index: number
  readonly step: Step
  readonly before: KubeObject | undefined
  readonly expected: unknown
  readonly actual: unknown
}

/** Sends the step; undefined where an update has nothing to update. */
export function send(
  api: Api,
  namespace: string,
  step: Step,
  live: KubeObject | undefined,
): Promise<Answer> | undefined {
  const collection = `${step.kind.prefix}/namespaces/${namespace}/${step.kind.plural}`
  const path = `${collection}/${step.name}`
  const query = `fieldManager=${step.manager}`
  switch (step.verb) {
    case 'create':
      return api.send('POST', `${collection}?${query}`, step.body)
    case 'update':
      return live && api.send('PUT', `${path}?${query}`, edited(live as unknown as JsonObject, step.edits))
    case 'apply':
      return api.send('PATCH', `${path}?${query}&force=${step.force}`, step.body, { contentType: contentTypes.apply })
    case 'patch':
      return api.send('PATCH', `${path}?${query}`, step.body, { contentType: contentTypes[step.type] })
    case 'delete':
      return api.send('DELETE', path)
  }
}

const ignored = fieldSetOf('status')
const withStatus = new Set(['Deployment', 'Service', 'Ingress', 'Widget'])

export function versionedKind(kind: string): VersionedKind {
  return {
    schemaAt(apiVersion) {
      const { group, version } = parseApiVersion(apiVersion)
      return kind === 'Widget' ? widgetSchemas.get(version) : schemaFor({ group, version, kind })
    },
    ignoredAt: () => (withStatus.has(kind) ? ignored : undefined),
  }
}
const widgetSchemas = new Map(['v1', 'v1beta1'].map(version => [version, schemaFromCrd(widgetCrd, version)]))

/** Runs a sequence on the server and computes ownership of each step from the server's own objects. */
export async function compareSequence(
  api: Api,
  namespace: string,
  seed: number,
  length?: number,
): Promise<readonly Difference[]> {
  const differences: Difference[] = []
  for (const [index, step] of sequenceOf(seed, length).entries()) {
    const path = `${step.kind.prefix}/namespaces/${namespace}/${step.kind.plural}/${step.name}`
    const found = await api.send('GET', path)
    const before = found.status === 200 ? (found.body as KubeObject) : undefined
    const answer = await send(api, namespace, step, before)
    if (answer === undefined) continue
    const note = (expected: unknown, actual: unknown) =>
      differences.push({ seed, index, step, before, expected, actual })
    if (step.verb === 'patch' && before !== undefined) comparePatch(step, before, answer, note)
    if (step.verb === 'apply') compareApply(step, before, answer, note)
    else if (step.verb !== 'delete' && answer.status < 300) compareUpdate(step, before, answer.body as KubeObject, note)
  }
  return differences
}

type Note = (expected: unknown, actual: unknown) => void

function compareApply(
  step: Step & { verb: 'apply' },
  before: KubeObject | undefined,
  answer: Answer,
  note: Note,
): void {
  const now = timeOf(answer.body as KubeObject, step.manager, 'Apply')
  const result = applyConfiguration({
    kind: versionedKind(step.kind.kind),
    live: before,
    config: step.body as unknown as KubeObject,
    manager: step.manager,
    force: step.force,
    now,
  })
  if (result.status === 'applied') {
    // What the server refuses for other reasons says nothing about ownership.
    if (answer.status >= 300) {
      if (answer.status === 409) note(answer.body.message, 'applied')
      return
    }
    const after = answer.body as KubeObject
    const own = before === undefined ? result.object : keepUnchangedTimes(before, withManaged(after, result.object))
    if (!sameManaged(after, own)) note(after.metadata.managedFields, own.metadata.managedFields)
    const missing = missingFrom(result.object as unknown as JsonObject, after as unknown as JsonObject)
    if (missing.length > 0) note('', { missing })
  } else if (result.status === 'conflict') {
    if (answer.body.message !== result.message) note(answer.body.message, result.message)
    else if (!sameCauses(answer.body.details.causes, result.causes)) note(answer.body.details.causes, result.causes)
  } else if (!String(answer.body.message).includes(result.message)) note(answer.body, result)
}

/** Our own patched object against the server's, as far as the server does not default, drop or refuse. */
function comparePatch(step: Step & { verb: 'patch' }, before: KubeObject, answer: Answer, note: Note): void {
  const schema = versionedKind(step.kind.kind).schemaAt(step.kind.apiVersion)!
  const result = patched(before as unknown as JsonObject, step, schema)
  if ('failure' in result) {
    const told = JSON.stringify(answer.body).includes(JSON.stringify(result.failure.message).slice(1, -1))
    // The server keeps the reason of a 422 to itself.
    if (answer.status !== result.failure.code || (answer.status !== 422 && !told)) note(answer.body, result.failure)
    return
  }
  if (answer.status >= 300) return
  const builtin = step.kind.kind !== 'Widget'
  const own = (builtin ? normalizeBuiltin(result.value, schema) : result.value) as JsonObject
  const after = answer.body as JsonObject
  const missing = missingFrom(own, after)
  const extra = missingFrom(after, own).filter(path => !defaulted.test(path))
  if (missing.length > 0 || extra.length > 0) note(after, { missing, extra, own })
}

const defaulted =
  /\.(protocol|targetPort|terminationMessagePath|terminationMessagePolicy|imagePullPolicy|timeoutSeconds|externalTrafficPolicy|sessionAffinity|level|port|type|replicas|maxSurge|maxUnavailable|defaultMode|generation|resourceVersion|value|tags)$/

function patched(before: JsonObject, step: Step & { verb: 'patch' }, schema: Schema): PatchResult<JsonValue> {
  if (step.type === 'json') return applyJsonPatch(before, step.body)
  if (step.type === 'merge') return { value: applyMergePatch(before, step.body) }
  if (step.kind.kind === 'Widget') return { failure: { code: 415, message: '' } as unknown as PatchFailure }
  return applyStrategicMergePatch(before, step.body as JsonObject, schema)
}

function sameCauses(a: readonly unknown[], b: readonly unknown[]): boolean {
  const sorted = (list: readonly unknown[]) => list.map(cause => JSON.stringify(cause)).sort()
  return isDeepStrictEqual(sorted(a), sorted(b))
}

function compareUpdate(step: Step, before: KubeObject | undefined, after: KubeObject, note: Note): void {
  const now = timeOf(after, step.manager, 'Update')
  const { managedFields, ...metadata } = after.metadata
  const next = asDecided(withoutAllocated({ ...after, metadata }, before), step)
  const own = updateManagedFields({
    kind: versionedKind(step.kind.kind),
    live: before,
    next,
    manager: step.manager,
    now,
  })
  const kept = before === undefined ? own : withManaged(after, keepUnchangedTimes(before, withManaged(after, own)))
  if (!sameManaged(after, kept)) note(managedFields, kept.metadata.managedFields)
}

/** An empty list becomes null only when it is stored. */
function asDecided(next: KubeObject, step: Step): KubeObject {
  const sent = JSON.stringify(step).replaceAll('"path":["rules"],"value":[]', '"rules":[]')
  return next['rules'] === null && /"rules":\[\]|"path":"\/rules","value":\[\]/.test(sent)
    ? { ...next, rules: [] }
    : next
}

/** Ownership is settled before the server allocates addresses, and before it drops what is no longer called for. */
function withoutAllocated(next: KubeObject, before: KubeObject | undefined): KubeObject {
  if (next.kind !== 'Service') return next
  if (before !== undefined) {
    const { externalTrafficPolicy, sessionAffinityConfig } = before['spec'] as JsonObject
    const kept = JSON.parse(JSON.stringify({ externalTrafficPolicy, sessionAffinityConfig })) as JsonObject
    return { ...next, spec: { ...kept, ...(next['spec'] as JsonObject) } }
  }
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ...spec } = next['spec'] as JsonObject
  return { ...next, spec }
}

function withManaged(object: KubeObject, managed: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  const own = managed.metadata.managedFields
  return { ...object, metadata: own === undefined ? metadata : { ...metadata, managedFields: own } }
}

/** When the server says that the manager wrote; any later time where it does not. */
function timeOf(object: KubeObject, manager: string, operation: string): string {
  const entry = object.metadata?.managedFields?.find(e => e.manager === manager && e.operation === operation)
  return entry?.time ?? `${new Date().toISOString().slice(0, 19)}Z`
}

/** Same entries in the same order, keys of `fieldsV1` in the same order too. */
function sameManaged(a: KubeObject, b: KubeObject): boolean {
  return text(a.metadata.managedFields) === text(b.metadata.managedFields)
}

function text(entries: readonly ManagedFieldsEntry[] = []): string {
  return JSON.stringify(
    entries.map(e => [e.manager, e.operation, e.apiVersion, e.time, e.fieldsType, e.fieldsV1, e.subresource]),
  )
}

/** Fields of services that the server drops when another field no longer calls for them. */
const dropped = new Set(['.spec.externalTrafficPolicy', '.spec.sessionAffinityConfig.clientIP.timeoutSeconds'])

/** Fields of the merged object that the stored one does not have; null, empty and reset ones need not be there. */
function missingFrom(part: JsonObject, whole: JsonObject, path = ''): readonly string[] {
  return Object.entries(part).flatMap(([name, value]) => {
    const at = `${path}.${name}`
    if (
      dropped.has(at) ||
      at === '.metadata.managedFields' ||
      at === '.status' ||
      at === '.metadata.resourceVersion' ||
      at === '.metadata.generation'
    )
      return []
    const other = whole[name]
    if (value === null || value === undefined || isDeepStrictEqual(value, other)) return []
    if (typeof value === 'object' && !Array.isArray(value)) {
      const below = typeof other === 'object' && other !== null ? (other as JsonObject) : {}
      return missingFrom(value as JsonObject, below, at)
    }
    if (Array.isArray(value) && value.length === 0) return []
    if (Array.isArray(value) && Array.isArray(other) && value.length === other.length) {
      return value.flatMap((item, i) => missingFrom({ item }, { item: other[i] ?? null }, `${at}[${i}]`))
    }
    return value === '' || value === 0 || value === false ? [] : [at]
  })
}
