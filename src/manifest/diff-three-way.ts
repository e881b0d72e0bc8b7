import { diffValues, type FieldChange, valueAt } from './diff.ts'
import type { JsonValue } from './json.ts'
import { sameValue } from './same-value.ts'
import type { Schema } from './schema/schema.ts'

/**
 * Why live and desired differ in a field: somebody changed the live object (`drift`), the desired state moved on
 * (`change`), or both did, to different values (`conflict`).
 */
export type Cause = 'drift' | 'change' | 'conflict'

export interface ExplainedChange {
  readonly change: FieldChange
  readonly cause: Cause
  /** What the field was when both sides last agreed. */
  readonly base: JsonValue | undefined
}

/** What has to change in `live` to get to `desired`, each change with its cause judged by `base`. */
export function diffThreeWay(
  base: JsonValue,
  live: JsonValue,
  desired: JsonValue,
  schema?: Schema,
): readonly ExplainedChange[] {
  return diffValues(live, desired, schema).map(change => {
    const was = valueAt(base, change.path)
    if (sameValue(was, valueAt(desired, change.path))) return { change, cause: 'drift', base: was }
    return { change, cause: sameValue(was, valueAt(live, change.path)) ? 'change' : 'conflict', base: was }
  })
}
