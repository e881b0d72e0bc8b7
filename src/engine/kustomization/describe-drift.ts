import { formatRef } from '../../manifest/object.ts'
import type { ChangeEntry, FieldChange } from '../../plan/change-set.ts'

/** The drift of one object that is only told. */
export interface ReportedDrift {
  /** `Kind/namespace/name`. */
  readonly object: string
  /** What differs, for people: the object, then each field with the field manager that made it so. */
  readonly line: string
  /** JSON pointers of the fields that differ; none where the object is gone. */
  readonly fields: readonly string[]
  /** The field manager of the first of them. */
  readonly by: string | undefined
  /** Values of Secrets are stars. */
  readonly changes: readonly FieldChange[]
}

/** What to say about an entry that is only told. */
export function describeDrift({ changes, live, ref }: ChangeEntry): ReportedDrift {
  const object = formatRef(ref)
  const fields = changes.map(({ path }) => path)
  const texts = changes.map(({ path, by }) => (by === undefined ? path : `${path} (${by})`))
  const what = live === undefined ? 'deleted' : texts.join(', ')
  const by = changes.find(change => change.by !== undefined)?.by
  return { object, line: `${object}: ${what}`, fields, by, changes }
}

/** The object of a line. */
export function objectOfLine(line: string): string {
  const end = line.indexOf(': ')
  return end < 0 ? line : line.slice(0, end)
}
