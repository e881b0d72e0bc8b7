import { concernsEveryone, RemoteError } from './failure.ts'
import type { RemoteRefs } from './remote-refs.ts'
import type { CallOptions, Transport } from './transport.ts'

export interface PollOptions extends CallOptions {
  /** Somebody asked for it: do not wait out a backoff, except one that the host itself demands. */
  readonly force?: boolean
}

/** Asks one remote for its refs: never more than one request at a time, and not at all while the remote wants to be left alone. */
export interface RefPoller {
  /** Refs with the prefixes, as of a request that began after the call or is still to begin. */
  list(prefixes: readonly string[], options: PollOptions): Promise<RemoteRefs>
}

export interface PollerClock {
  /** Milliseconds; goes on evenly, whatever happens to the time of day. */
  elapsed(): number
  random(): number
}

const firstDelayMs = 1_000
const longestDelayMs = 300_000

export function refPoller(transport: Pick<Transport, 'list'>, clock: PollerClock): RefPoller {
  let running: Promise<unknown> = Promise.resolve()
  let next: { prefixes: Set<string>; everything: boolean; answer: Promise<RemoteRefs> } | undefined
  let failures = 0
  let blocked: { readonly until: number; readonly error: RemoteError } | undefined

  async function ask(prefixes: readonly string[], options: CallOptions): Promise<RemoteRefs> {
    try {
      const refs = await transport.list(prefixes, options)
      failures = 0
      blocked = undefined
      return refs
    } catch (error) {
      if (error instanceof RemoteError && concernsEveryone(error.fault)) {
        failures++
        const backoff = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs) * (0.5 + clock.random() / 2)
        const wait = error.retryAfter === undefined ? backoff : error.retryAfter * 1000
        blocked = { until: clock.elapsed() + wait, error }
      }
      throw error
    }
  }

  return {
    async list(prefixes, options) {
      const left = blocked === undefined ? 0 : blocked.until - clock.elapsed()
      if (blocked !== undefined && left > 0 && !(options.force && blocked.error.fault !== 'rate-limited')) {
        const { fault, message } = blocked.error
        throw new RemoteError(fault, message, Math.ceil(left / 1000))
      }
      // Whoever comes while a request is under way shares the one after it: its answer is newer than the question.
      if (next === undefined) {
        const joined = { prefixes: new Set<string>(), everything: false }
        const answer = running.then(() => {
          next = undefined
          return ask(joined.everything ? [] : [...joined.prefixes], { timeoutMs: options.timeoutMs })
        })
        running = answer.catch(() => {})
        next = Object.assign(joined, { answer })
      }
      if (prefixes.length === 0) next.everything = true
      for (const prefix of prefixes) next.prefixes.add(prefix)
      return abortable(next.answer, options.signal)
    },
  }
}

/** One who gives up does not end the request for the others. */
function abortable<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new RemoteError('timeout', 'context canceled'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
