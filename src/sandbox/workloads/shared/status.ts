import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import type { SandboxClient } from '../../client.ts'
import { timestamp } from '../../clock.ts'
import { objectsAt, textAt } from '../../kinds/schema/value.ts'

/** Replaces an object's status, unless it is the same already or the object is no longer this one. */
export function writeStatus(client: SandboxClient, resource: string, object: KubeObject, status: JsonObject): void {
  const { namespace = '', name, uid } = object.metadata
  const live = client.get(resource, namespace, name)
  if (live === undefined || live.metadata.uid !== uid) return
  if (isDeepStrictEqual(live['status'], withoutAbsent(status))) return
  client.update(resource, { ...live, status: withoutAbsent(status) }, { subresource: 'status' })
}

/** The fields of a status that Go would write: no zeros and no nulls among the optional ones. */
export function nonZero(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== 0 && value !== undefined && value !== null),
  )
}

function withoutAbsent(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** What a condition says. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** Fields that only some kinds' conditions have. */
  readonly more?: JsonObject
}

/** The condition of a type, if it is there. */
export function conditionOf(object: unknown, type: string): JsonObject | undefined {
  return objectsAt(object, 'status', 'conditions').find(one => textAt(one, 'type') === type)
}

/** True where the condition is there and `True`. */
export function isTrue(object: unknown, type: string): boolean {
  return textAt(conditionOf(object, type), 'status') === 'True'
}

/** A condition as JSON; the time of the last transition is kept while the status stays. */
export function condition(old: JsonObject | undefined, wanted: Condition, now: number): JsonObject {
  const { type, status, reason, message, more = {} } = wanted
  const kept = textAt(old, 'status') === status ? textAt(old, 'lastTransitionTime') : ''
  return {
    type,
    status,
    lastTransitionTime: kept === '' ? timestamp(now) : kept,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...more,
  }
}

/** The list with a condition put in the place of the one of its type, or behind the others. */
export function withCondition(conditions: readonly JsonObject[], one: JsonObject): readonly JsonObject[] {
  const type = textAt(one, 'type')
  const index = conditions.findIndex(other => textAt(other, 'type') === type)
  return index < 0 ? [...conditions, one] : conditions.with(index, one)
}

/** A list without the condition of a type. */
export function withoutCondition(conditions: readonly JsonObject[], type: string): readonly JsonObject[] {
  return conditions.filter(one => textAt(one, 'type') !== type)
}

/** The number of an int-or-percent of a total; percentages round up or down. */
export function resolveIntOrPercent(value: JsonValue | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  const share = (Number.parseFloat(value) * total) / 100
  return round === 'up' ? Math.ceil(share) : Math.floor(share)
}
