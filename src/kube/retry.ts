import type { Clock } from '../manifest/clock.ts'
import { errorCode } from './api-error.ts'
import { type Backoff, backoffDelay } from './backoff.ts'
import { ApiError } from './cluster.ts'
import { sleep } from './sleep.ts'

/** What a request may be repeated for. */
export interface RetryPolicy {
  /** The same request twice has the effect of one, so that an unknown outcome is no reason to stop. */
  readonly idempotent: boolean
  /** The request changes nothing. */
  readonly reads: boolean
  readonly backoff: Backoff
  /** Attempts in all where the server fails or cannot be reached. */
  readonly attempts: number
  /** Attempts in all where the server says that it is busy (429). */
  readonly busyAttempts: number
}

/** An answer that never came because no connection was made; nothing can have happened. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
/** Another try gets the same answer. */
const HOPELESS = /CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|ERR_INVALID|exec-plugin/

/** True where a request that ended in this error may be sent again. */
export function retryable(error: unknown, policy: Pick<RetryPolicy, 'idempotent' | 'reads'>): boolean {
  if (!(error instanceof ApiError)) return false
  switch (error.code) {
    case 0: {
      const code = errorCode(error.cause)
      if (error.cause instanceof Error && error.cause.name === 'AbortError') return false
      if (error.cause instanceof Error && error.cause.name === 'DiagnosticError') return false
      return !HOPELESS.test(code) && (policy.idempotent || NEVER_SENT.has(code))
    }
    case 429:
      // Refusing an eviction is an answer, not a state of the server.
      return !JSON.stringify(error.details ?? null).includes('DisruptionBudget')
    case 502:
    case 503:
    case 504:
      return policy.idempotent || error.retryAfter !== undefined
    case 500:
      // For a write, 500 is mostly an answer (a webhook that fails, a field of the wrong type), not a state of the server.
      return policy.reads || (policy.idempotent && /etcdserver/.test(error.message))
    default:
      return false
  }
}

/**
 * Runs `attempt` until it succeeds, fails for good, or the policy's attempts are used up; rejects with the last error. Waits
 * as long as the server asks (at most a minute), or a jittered backoff. The signal ends the wait.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  policy: RetryPolicy,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (!(error instanceof ApiError) || signal?.aborted || !retryable(error, policy)) throw error
      if (number >= (error.code === 429 ? policy.busyAttempts : policy.attempts)) throw error
      const delay = backoffDelay(policy.backoff, number)
      const asked = error.retryAfter === undefined ? 0 : Math.min(error.retryAfter, 60) * 1000
      await sleep(clock, asked > 0 ? asked + delay / 4 : delay, signal)
    }
  }
}
