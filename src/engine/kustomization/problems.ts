import { type Diagnostic, formatDiagnostic, formatPosition, type Position } from '../../manifest/diagnostic.ts'
import type { SourceState } from '../sources.ts'

type Commit = Pick<SourceState, 'authorship' | 'revision'>

/** `commit f08c0610 by Ada <ada@example.test> "fix the port"`, or the revision where there is no commit. */
export function describeCommit({ authorship, revision }: Commit): string {
  if (authorship === undefined) return `revision ${revision}`
  const { author, message, sha } = authorship
  return `commit ${sha.slice(0, 8)} by ${author} "${message.split('\n', 1)[0]}"`
}

/** All errors of a revision in one message: how many, in which commit, then a line for each. */
export function describeProblems(diagnostics: readonly Diagnostic[], source: Commit): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? '1 problem' : `${errors.length} problems`
  return [`${count} in ${describeCommit(source)}:`, ...errors.map(formatDiagnostic)].join('\n')
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error')
}

/** Where the object stands in the source and what to do, behind the server's words. */
export function placeOf({ position, hint }: { position?: Position; hint?: string }): string {
  const place = position === undefined ? [] : [`at ${formatPosition(position)}`]
  const parts = [...place, ...(hint === undefined ? [] : [hint])]
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`
}
