/**
 * A place in a source tree. Lines and columns count from 1; columns are characters, not bytes. Line 0: no file, but the field
 * of an object on the cluster that `file` names, such as `spec.patches[0]`.
 */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Something a person has to know about an input. Errors make the result unusable, warnings do not.
 * `code` is a stable kebab-case name that tools can match on; `message` says what is wrong in one sentence;
 * `hint` what to do next; `subject` the object or field that it is about; `trail` the chain of files that led here,
 * outermost first.
 */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly subject?: string
  readonly position?: Position
  readonly trail?: readonly Position[]
}

/** `file:line:column`, or the name of the field. */
export function formatPosition({ file, line, column }: Position): string {
  return line === 0 ? file : `${file}:${line}:${column}`
}

/** `file:line:column: message (hint)`, the one form in which problems are printed. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { position, subject, message, hint } = diagnostic
  const where = position === undefined ? '' : `${formatPosition(position)}: `
  const what = subject === undefined ? message : `${subject}: ${message}`
  return `${where}${what}${hint === undefined ? '' : ` (${hint})`}`
}

/** Thrown at the edges, where a value cannot be returned; carries every problem that was found. */
export class DiagnosticError extends Error {
  override readonly name = 'DiagnosticError'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
    super(diagnostics.map(formatDiagnostic).join('\n'), options)
    this.diagnostics = diagnostics
  }
}
