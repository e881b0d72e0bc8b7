import { ApiError } from '../kube/cluster.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'

/** Ends a command with a message for people and an exit code; 1 unless the command says otherwise. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** What went wrong, in one line for each problem. Stack traces are for bugs only. */
export function explain(error: unknown): string {
  if (error instanceof CommandFailure || error instanceof DiagnosticError || error instanceof ApiError)
    return error.message
  if (!(error instanceof Error)) return String(error)
  return process.env['LOCKSTEP_DEBUG'] === undefined ? error.message : (error.stack ?? error.message)
}
