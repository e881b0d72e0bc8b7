import type { Kustomization } from '../../api/kustomization.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../../plan/change-set.ts'
import { changesToJson, describeChanges } from '../../plan/describe.ts'

/** What one Kustomization would change. */
export interface KustomizationDiff {
  readonly kustomization: Kustomization
  /** Undefined where there are problems, and where it is suspended. */
  readonly changes: ChangeSet | undefined
  readonly problems: readonly string[]
}

function isChange({ action, cause }: ChangeEntry): boolean {
  return cause !== 'gone' && action !== 'unchanged' && action !== 'skip'
}

function entriesOf(changes: ChangeSet | undefined): readonly ChangeEntry[] {
  return [...(changes?.stages.flatMap(({ entries }) => entries) ?? []), ...(changes?.prune ?? [])]
}

/** Whether applying would write anything. */
export function hasChanges({ changes }: KustomizationDiff): boolean {
  return entriesOf(changes).some(isChange)
}

/** `2 to create, 1 to configure, 1 to delete`. */
export function countChanges(diffs: readonly KustomizationDiff[]): string {
  const entries = diffs.flatMap(({ changes }) => entriesOf(changes)).filter(isChange)
  const words = {
    create: 'to create',
    configure: 'to change',
    recreate: 'to replace',
    prune: 'to delete',
    conflict: 'in conflict',
  }
  const counts = Object.entries(words).flatMap(([action, word]) => {
    const count = entries.filter(entry => entry.action === action).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  return counts.join(', ')
}

/** A diff for people: nothing at all where nothing would change. */
export function diffText(diff: KustomizationDiff, withHeading: boolean): string {
  if (diff.changes === undefined || !hasChanges(diff)) return ''
  const stages = diff.changes.stages.map(stage => ({ ...stage, entries: stage.entries.filter(isChange) }))
  const text = describeChanges({ ...diff.changes, stages, prune: diff.changes.prune.filter(isChange) })
  return withHeading ? `${formatRef(refOf(diff.kustomization))}\n${indent(text)}\n` : `${text}\n`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

/** Diffs for programs. */
export function diffJson(diffs: readonly KustomizationDiff[]): JsonValue {
  return diffs.map(({ kustomization, changes, problems }) => ({
    kustomization: formatRef(refOf(kustomization)),
    changes: changes === undefined ? null : changesToJson(changes),
    problems: [...problems],
  }))
}
