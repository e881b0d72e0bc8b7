import { ApiError } from '../kube/cluster.ts'
import type { Diagnostic } from '../manifest/diagnostic.ts'
import { isArray, isObject } from '../manifest/json.ts'
import { formatRef } from '../manifest/object.ts'
import type { ChangeEntry } from '../plan/change-set.ts'
import type { Failure } from './applied.ts'
import { fieldPosition } from './field-position.ts'
import { adviseOn, type HintContext } from './hint.ts'

/** What was being done when it failed. */
export type Phase = 'validate' | 'apply' | 'delete' | 'query' | 'clean-up' | 'recreate'

/** The failure of one entry as a value. Errors that are no answer of the server are reported, too, never thrown on. */
export function failureOf(error: unknown, entry: ChangeEntry, phase: Phase, context: HintContext): Failure {
  const apiError = asApiError(error)
  const message = messageOf(apiError, entry, phase)
  const { code, hint } = adviseOn(apiError, entry, context)
  const position = fieldPosition(apiError, entry) ?? entry.origin
  const diagnostic: Diagnostic = {
    severity: 'error',
    code,
    message: apiError.message,
    subject: formatRef(entry.ref),
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
  }
  return { message, reason: apiError.reason, code: apiError.code, diagnostic }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const message = error instanceof Error ? error.message : String(error)
  const reason = error instanceof Error && error.name === 'AbortError' ? 'Timeout' : 'Unreachable'
  return new ApiError({ code: 0, reason, message, cause: error })
}

/** Flux's sentence. Its clients match on these, whatever request it was that failed here. */
function messageOf(error: ApiError, { ref }: ChangeEntry, phase: Phase): string {
  const name = formatRef(ref)
  switch (phase) {
    case 'apply':
      return `${name} apply failed: ${error.message}`
    case 'delete':
      return `${name} delete failed: ${error.message}`
    case 'query':
      return `${name} query failed: ${error.message}`
    case 'clean-up':
      return `${name} metadata.managedFields cleanup failed: ${error.message}`
    case 'recreate':
      return `${name} immutable field detected, failed to delete object: ${error.message}`
    case 'validate':
      if (lacksNamespace(error, ref.namespace))
        return `${name} namespace not specified: the server could not find the requested resource`
      if (error.code === 404 && error.reason !== 'NoKindMatch') return `${name} not found: ${error.message}`
      return `${name} dry-run failed${reasonOf(error)}: ${error.message}`
  }
}

/** Our client refuses what the server would answer with a bare 404: a namespaced object without a namespace. */
export function lacksNamespace(error: ApiError, namespace: string): boolean {
  return (
    namespace === '' &&
    (error.code === 404 || /lives in a namespace/.test(error.message)) &&
    error.reason !== 'NoKindMatch'
  )
}

/** Reasons that the server itself gave; ours for its silence are not shown. */
function reasonOf(error: ApiError): string {
  if (hasCause(error, 'FieldManagerConflict')) return ' (FieldManagerConflict)'
  // A 500 without a reason is no InternalError: those say so.
  const unnamed = error.reason === 'InternalError' && !/^Internal error occurred/.test(error.message)
  const silent =
    unnamed || error.reason === '' || error.reason === 'NoKindMatch' || error.reason === 'Unknown' || error.code === 0
  return silent ? '' : ` (${error.reason})`
}

function hasCause({ details }: ApiError, reason: string): boolean {
  const causes = isObject(details) ? details['causes'] : undefined
  return isArray(causes) && causes.some(cause => isObject(cause) && cause['reason'] === reason)
}
