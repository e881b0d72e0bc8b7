import { readFileSync } from 'node:fs'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import type { KubeObject } from '../../src/manifest/object.ts'

/** Something that was done to the cluster or the repository. */
export type RecordedStep =
  | 'settled'
  | {
      readonly commit: string
      readonly files: Readonly<Record<string, string | null>>
      readonly sha: string
      readonly repo?: string
    }
  | { readonly create: KubeObject }
  | { readonly patch: { readonly kind: string; readonly name: string; readonly patch: JsonObject } }
  | { readonly delete: string }

export interface RecordedState {
  readonly on: string
  readonly deleting?: boolean
  readonly status?: JsonObject
}

export interface RecordedEvent {
  readonly on: string
  readonly type: string
  readonly reason: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Recording {
  readonly scenario: string
  readonly log: readonly {
    readonly step?: RecordedStep
    readonly added?: RecordedState
    readonly modified?: RecordedState
    readonly deleted?: RecordedState
    readonly event?: RecordedEvent
  }[]
  readonly final: readonly KubeObject[]
}

/** Reads what the real Flux did in one scenario. */
export function readRecording(file: string): Recording {
  return JSON.parse(readFileSync(file, 'utf8')) as Recording
}

/** The steps of a recording, with the deletions that show only by their effect. */
export function stepsOf({ log }: Recording): readonly RecordedStep[] {
  const told = new Set(log.flatMap(({ step }) => (typeof step === 'object' && 'delete' in step ? [step.delete] : [])))
  return log.flatMap(({ step, modified }): readonly RecordedStep[] => {
    if (step !== undefined) return [step]
    if (modified?.deleting !== true || told.has(modified.on)) return []
    told.add(modified.on)
    return [{ delete: modified.on }]
  })
}

function fieldsOf(value: JsonValue | undefined, names: readonly string[]): JsonObject {
  const object = (value ?? {}) as JsonObject
  return Object.fromEntries(
    names.flatMap(name => (object[name] === undefined ? [] : [[name, object[name] as JsonValue]])),
  )
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return (value ?? []) as unknown as readonly JsonObject[]
}

/** Fields that each manager has set itself; what the cluster's own controllers own is not ours to promise. */
function ownershipOf({ metadata }: KubeObject): JsonObject {
  const entries = (metadata.managedFields ?? []).filter(({ manager }) => manager === 'kustomize-controller')
  return Object.fromEntries(
    entries.map(({ manager, operation, fieldsV1 }) => [`${manager} ${operation}`, fieldsV1 as unknown as JsonValue]),
  )
}

/** As whom the controllers have written an object of Flux. */
function writersOf({ metadata }: KubeObject): readonly string[] {
  const entries = (metadata.managedFields ?? []).filter(({ manager }) => manager?.endsWith('-controller'))
  return entries.map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`).toSorted()
}

/** What of an object other clients rely on. */
export function contractOf(object: KubeObject): JsonValue {
  const { metadata, kind } = object
  const meta = {
    labels: (metadata.labels ?? {}) as JsonObject,
    finalizers: (metadata.finalizers ?? []) as readonly string[],
  }
  if (kind !== 'Kustomization' && kind !== 'GitRepository')
    return { ...meta, owned: ownershipOf(object) } as unknown as JsonValue
  const status = (object['status'] ?? {}) as JsonObject
  const inventory = (status['inventory'] ?? {}) as JsonObject
  const contract = {
    ...meta,
    writers: writersOf(object),
    ...fieldsOf(status, ['observedGeneration', 'lastAppliedRevision', 'lastHandledReconcileAt']),
    ...(kind === 'Kustomization' && fieldsOf(status, ['lastAttemptedRevision'])),
    conditions: listOf(status['conditions'])
      .map(each => fieldsOf(each, ['type', 'status', 'reason', 'observedGeneration']))
      .toSorted((a, b) => String(a['type']).localeCompare(String(b['type']))),
    inventory: listOf(inventory['entries']).map(each => each['id'] as string),
    history: listOf(status['history']).map(each => fieldsOf(each, ['digest', 'lastReconciledStatus', 'metadata'])),
    artifact: fieldsOf(status['artifact'], ['revision', 'path']),
  }
  return contract as unknown as JsonValue
}
