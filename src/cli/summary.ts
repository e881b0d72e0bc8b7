import { type Condition, findCondition } from '../api/condition.ts'
import { isObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { ageOf } from './age.ts'
import type { CliKind } from './kinds.ts'
import { shortRevision } from './revision.ts'

/** What lists show of an object. */
export interface Summary {
  readonly namespace: string
  readonly name: string
  readonly revision: string
  readonly suspended: boolean
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly message: string
}

/** Further columns of `-o wide`. */
export interface WideSummary {
  readonly source: string
  readonly path: string
  readonly lastReconciled: string
  readonly age: string
}

function at(object: KubeObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isObject(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined),
    object as unknown as JsonValue,
  )
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  const conditions = at(object, ['status', 'conditions'])
  return Array.isArray(conditions) ? (conditions as unknown as readonly Condition[]) : []
}

/** An object without a Ready condition has not been seen by the engine yet. */
export function summaryOf(kind: CliKind, object: KubeObject): Summary {
  const ready = findCondition(conditionsOf(object), 'Ready')
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    revision: shortRevision(String(at(object, kind.revision) ?? '')),
    suspended: at(object, ['spec', 'suspend']) === true,
    ready: ready?.status ?? 'False',
    message: shortRevision(ready?.message ?? 'waiting to be reconciled'),
  }
}

/** Where an object comes from, and how long ago it was reconciled and made. */
export function wideSummaryOf(object: KubeObject, now: Date): WideSummary {
  const ready = findCondition(conditionsOf(object), 'Ready')
  const newest =
    at(object, ['status', 'history', '0', 'lastReconciled']) ?? at(object, ['status', 'artifact', 'lastUpdateTime'])
  const reconciled = typeof newest === 'string' ? newest : ready?.lastTransitionTime
  return {
    source: sourceOf(object),
    path: String(at(object, ['spec', 'path']) ?? ''),
    lastReconciled: reconciled === undefined ? 'never' : `${ageOf(reconciled, now)} ago`,
    age: ageOf(object.metadata.creationTimestamp, now),
  }
}

/** `GitRepository/flux-system/apps` of a Kustomization, the URL of a source. */
export function sourceOf(object: KubeObject): string {
  const reference = at(object, ['spec', 'sourceRef'])
  if (!isObject(reference)) return String(at(object, ['spec', 'url']) ?? '')
  const namespace = reference['namespace'] ?? object.metadata.namespace ?? ''
  return `${reference['kind']}/${namespace}/${reference['name']}`
}
