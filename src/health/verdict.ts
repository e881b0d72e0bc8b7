import type { JsonObject, JsonValue } from '../manifest/json.ts'

/** The six answers of kstatus. */
export type HealthStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'

/** A standard condition that explains a verdict: `Reconciling` or `Stalled`, always with status True. */
export interface HealthCondition {
  readonly type: 'Reconciling' | 'Stalled'
  readonly status: 'True'
  readonly reason: string
  readonly message: string
}

/**
 * How an object is doing, after kstatus. `reason` is the reason of the condition that decided, empty where none did.
 * `conditions` are the standard conditions that belong on the object.
 */
export interface Verdict {
  readonly status: HealthStatus
  readonly reason: string
  readonly message: string
  readonly conditions: readonly HealthCondition[]
}

export function current(message: string): Verdict {
  return { status: 'Current', reason: '', message, conditions: [] }
}

export function inProgress(reason: string, message: string): Verdict {
  const conditions = [{ type: 'Reconciling', status: 'True', reason, message }] as const
  return { status: 'InProgress', reason, message, conditions }
}

export function failed(reason: string, message: string, conditionMessage = message): Verdict {
  const conditions = [{ type: 'Stalled', status: 'True', reason, message: conditionMessage }] as const
  return { status: 'Failed', reason, message, conditions }
}

/** The object cannot be judged: its status does not have the shape that every controller uses. */
export function unknown(message: string): Verdict {
  return { status: 'Unknown', reason: '', message, conditions: [] }
}

/** The object is not there. */
export const notFound: Verdict = { status: 'NotFound', reason: '', message: 'Resource not found', conditions: [] }

/** Thrown inside this room where a field has a type that no rule can work with; `judge` turns it into `Unknown`. */
export class MalformedField extends Error {
  override readonly name = 'MalformedField'
}

/** What a rule looks at: the object as plain JSON. */
export type Fields = JsonObject

/** A value inside an object; undefined where any part of the path is missing. */
export function valueAt(fields: Fields, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = fields
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as JsonObject)[name]
  }
  return value
}
