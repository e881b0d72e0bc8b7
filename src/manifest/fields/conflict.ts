import { goQuote } from '../go-text.ts'
import type { ManagedFieldsEntry } from '../object.ts'
import { type FieldSet, pathsOf } from './field-set.ts'
import type { ManagerId } from './managed.ts'
import { type FieldPath, formatPath } from './path-element.ts'

/** A field that an apply wants to change and another manager owns. */
export interface FieldConflict {
  readonly manager: ManagerId
  readonly path: FieldPath
}

/** One entry of `details.causes` of the answer. */
export interface ConflictCause {
  readonly reason: 'FieldManagerConflict'
  readonly message: string
  readonly field: string
}

export function conflictsOf(sets: ReadonlyMap<ManagerId, FieldSet>): readonly FieldConflict[] {
  return [...sets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, set]) => pathsOf(set).map(path => ({ manager, path })))
}

/** The API server's message for the conflicts of one apply. */
export function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [only] = conflicts
  if (conflicts.length === 1 && only !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${describeManager(only.manager)}: ${formatPath(only.path)}`
  }
  const lines: string[] = []
  for (const [i, { manager, path }] of conflicts.entries()) {
    if (conflicts[i - 1]?.manager !== manager) lines.push(`conflicts with ${describeManager(manager)}:`)
    lines.push(`- ${formatPath(path)}`)
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

export function conflictCauses(conflicts: readonly FieldConflict[]): readonly ConflictCause[] {
  return conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describeManager(manager)}`,
    field: formatPath(path),
  }))
}

/** `"kubectl" with subresource "status" using apps/v1`; the version only of managers that update. */
export function describeManager(id: ManagerId): string {
  const { manager = '', operation, apiVersion = '', subresource } = JSON.parse(id) as ManagedFieldsEntry
  const name = goQuote(manager) + (subresource === undefined ? '' : ` with subresource ${goQuote(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
