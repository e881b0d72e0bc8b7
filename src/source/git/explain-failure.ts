import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { hintFor, RemoteError, type SourceFailure } from './failure.ts'
import { GitError } from './git-process.ts'

/** The remote has no refs at all. */
export class EmptyRepository extends Error {}
/** The commit is not there, or not where it should be. */
export class MissingCommit extends Error {}
/** `spec.ref` names nothing that the remote has. */
export class Unresolved extends Error {
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** An error as the failure that Flux would report. Programming errors are thrown on. */
export function explainFailure(error: unknown, url: string, listing: boolean): SourceFailure {
  const fail = (message: string, hint: string, more: Partial<SourceFailure> = {}): SourceFailure => ({
    status: 'failed',
    reason: 'GitOperationFailed',
    message: `failed to checkout and determine revision: ${message}`,
    hint,
    ...more,
  })
  const prefix = listing ? `unable to list remote for '${url}': ` : `unable to clone '${url}': `
  if (error instanceof EmptyRepository)
    return {
      status: 'failed',
      reason: 'EmptyGitRepository',
      message: 'git repository is empty',
      hint: 'push a first commit',
    }
  if (error instanceof Unresolved)
    return fail(
      /^couldn't find/.test(error.message) ? `unable to clone '${url}': ${error.message}` : error.message,
      error.hint,
    )
  if (error instanceof MissingCommit)
    return fail(error.message, 'the commit is not in the repository, or not on the branch; check spec.ref')
  if (error instanceof RemoteError)
    return fail(`${prefix}${error.message}`, hintFor(error.fault), {
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    })
  if (error instanceof DiagnosticError) {
    const [first] = error.diagnostics
    return fail(`${prefix}${first?.message ?? error.message}`, first?.hint ?? 'repair the repository')
  }
  if (error instanceof GitError) {
    const said = error.stderr.split('\n').findLast(line => line !== '') ?? ''
    return fail(`${prefix}${said === '' ? error.message : said}`, 'see the message of git; it will be tried again')
  }
  throw error
}
