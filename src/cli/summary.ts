import { type Condition, findCondition } from '../api/condition.ts'
import { isObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
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

function at(object: KubeObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isObject(value) ? value[key] : undefined),
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
