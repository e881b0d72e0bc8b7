/** Who goes first where requests have to wait. */
export type Priority = 'interactive' | 'normal' | 'background'

/** How a request went, for the limit to learn from. */
export interface Outcome {
  /** The server said 429. */
  readonly refused: boolean
  /** Milliseconds on the wire; undefined where it says nothing about the server's load (lists, failures). */
  readonly latency?: number
}

/** Bounds the requests in flight. */
export interface Limiter {
  /** Waits for a slot; the result gives it back. Rejects with the signal's reason when that is aborted first. */
  acquire(priority: Priority, signal?: AbortSignal): Promise<(outcome: Outcome) => void>
  readonly limit: number
  readonly active: number
  readonly waiting: number
}

export interface LimiterOptions {
  readonly initial?: number
  readonly min?: number
  readonly max?: number
  readonly now?: () => number
}

interface Waiter {
  readonly start: () => void
}

const ORDER: readonly Priority[] = ['interactive', 'normal', 'background']
/** The share of the limit that a class may use while a higher class has no reserve of its own to fall back on. */
const SHARE: Readonly<Record<Priority, number>> = { interactive: 1, normal: 0.85, background: 0.6 }
/** Each n-th slot goes to whoever is lowest, so that nobody waits for ever. */
const AGEING = 8

/**
 * A concurrency limit that follows the server: it grows by about one per round of successes while it is used to the full,
 * shrinks by a third when the server refuses, and by a tenth when latency is far above its usual value. Lower classes never
 * use the whole limit, so that interactive requests find a slot at once.
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { min = 2, max = 64, now = Date.now } = options
  const queues: Record<Priority, Waiter[]> = { interactive: [], normal: [], background: [] }
  let limit = Math.min(Math.max(options.initial ?? 16, min), max)
  let active = 0
  let started = 0
  let usual = 0
  let recent = 0
  let holdUntil = 0

  const room = (priority: Priority) => {
    const usable = Math.max(1, Math.floor(limit * SHARE[priority]))
    // The last slot of a small limit is kept for interactive work as well.
    return active < (priority === 'interactive' ? Math.max(usable, min) : Math.max(1, Math.min(usable, limit - 1)))
  }

  function pump(): void {
    for (;;) {
      const order = started % AGEING === AGEING - 1 ? ORDER.toReversed() : ORDER
      const next = order.find(priority => queues[priority].length > 0 && room(priority))
      if (next === undefined) return
      queues[next].shift()?.start()
    }
  }

  function begin(): (outcome: Outcome) => void {
    active++
    started++
    const saturated = active >= Math.floor(limit * SHARE.normal)
    let done = false
    return outcome => {
      if (done) return
      done = true
      active--
      learn(outcome, saturated)
      pump()
    }
  }

  function learn(outcome: Outcome, saturated: boolean): void {
    const shrink = (factor: number) => {
      // One congestion counts once, however many requests it hits.
      if (now() < holdUntil) return
      holdUntil = now() + Math.max(100, recent)
      limit = Math.max(min, limit * factor)
    }
    if (outcome.refused) {
      shrink(2 / 3)
      return
    }
    if (outcome.latency === undefined) return
    recent = recent === 0 ? outcome.latency : recent * 0.8 + outcome.latency * 0.2
    usual = usual === 0 ? outcome.latency : Math.min(usual * 0.999 + outcome.latency * 0.001, Math.max(recent, 1))
    if (recent > 4 * usual + 200) shrink(0.9)
    else if (saturated) limit = Math.min(max, limit + 1 / limit)
  }

  return {
    get limit() {
      return Math.floor(limit)
    },
    get active() {
      return active
    },
    get waiting() {
      return ORDER.reduce((sum, priority) => sum + queues[priority].length, 0)
    },
    acquire(priority, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      if (queues[priority].length === 0 && room(priority)) return Promise.resolve(begin())
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          start() {
            signal?.removeEventListener('abort', leave)
            resolve(begin())
          },
        }
        const leave = () => {
          const at = queues[priority].indexOf(waiter)
          if (at >= 0) queues[priority].splice(at, 1)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', leave, { once: true })
        queues[priority].push(waiter)
      })
    },
  }
}
