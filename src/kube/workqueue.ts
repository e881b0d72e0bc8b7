import { type Backoff, backoffDelay } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'

export interface WorkqueueOptions {
  /** Does the work for one key. A rejection counts as a failure, and the key comes back after a backoff. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Result | undefined>
  readonly concurrency?: number
  readonly backoff?: Backoff
  readonly clock?: Clock
  readonly random?: () => number
  /** Told each failure; `failures` counts them since the last success of the key. */
  readonly onFailure?: (key: string, error: unknown, failures: number) => void
}

/** What the work asks for next. `retry` is a failure that was dealt with: the key comes back after a backoff. */
export type Result = { readonly after: number } | { readonly retry: true }

export interface AddOptions {
  /** Higher goes first; 0 when left out. A waiting key keeps the highest it was added with. */
  readonly priority?: number
  /** Milliseconds from now. The earliest of several adds counts. */
  readonly after?: number
}

/**
 * Keys to be worked on. A key waits at most once; one that is added while it is worked on is worked on again afterwards, and
 * never twice at a time.
 */
export interface Workqueue {
  add(key: string, options?: AddOptions): void
  /** Takes a key out that waits, and forgets its failures; work that runs goes on. */
  forget(key: string): void
  readonly waiting: number
  readonly delayed: number
  readonly running: number
  /** Resolves when nothing waits or runs; what is delayed does not count. */
  idle(): Promise<void>
  /** Takes no more keys, drops those that wait, aborts the signal of running work and resolves when it has ended. */
  stop(): Promise<void>
  /** Takes no more keys, finishes those that wait now, drops the delayed ones. */
  drain(): Promise<void>
}

interface Delay {
  readonly due: number
  readonly priority: number
  /** Made by the outcome of work, and so replaced by the next outcome. */
  readonly own: boolean
  readonly cancel: () => void
}

interface Ticket {
  readonly key: string
  readonly priority: number
}

/** The semantics of client-go's rate-limited, delaying work queue, with priorities and its own workers. */
export function createWorkqueue(options: WorkqueueOptions): Workqueue {
  const { work, concurrency = 4, clock = systemClock, random = Math.random } = options
  const backoff = options.backoff ?? { base: 5, limit: 1_000_000 }
  const waiting = new Map<string, Ticket>()
  /** Per priority in order of arrival; a ticket that is no longer the key's own is skipped. */
  const lanes = new Map<number, { tickets: Ticket[]; head: number }>()
  const delays = new Map<string, Delay>()
  const running = new Set<string>()
  const dirty = new Map<string, number>()
  const failures = new Map<string, number>()
  const stopping = new AbortController()
  let closed = false
  let watchers: (() => void)[] = []

  function enqueue(key: string, priority: number): void {
    const before = waiting.get(key)
    if (before !== undefined && before.priority >= priority) return
    const ticket = { key, priority }
    waiting.set(key, ticket)
    const lane = lanes.get(priority)
    if (lane === undefined) lanes.set(priority, { tickets: [ticket], head: 0 })
    else lane.tickets.push(ticket)
  }

  function next(): string | undefined {
    while (lanes.size > 0) {
      const priority = Math.max(...lanes.keys())
      const lane = lanes.get(priority)
      const ticket = lane?.tickets[lane.head]
      if (lane === undefined || ticket === undefined) {
        lanes.delete(priority)
        continue
      }
      lane.head++
      if (lane.head > 1000 && lane.head * 2 > lane.tickets.length) {
        lane.tickets = lane.tickets.slice(lane.head)
        lane.head = 0
      }
      if (waiting.get(ticket.key) !== ticket) continue
      waiting.delete(ticket.key)
      return ticket.key
    }
    return undefined
  }

  function admit(key: string, priority: number): void {
    if (running.has(key)) dirty.set(key, Math.max(priority, dirty.get(key) ?? priority))
    else enqueue(key, priority)
    pump()
  }

  function delay(key: string, milliseconds: number, priority: number, own: boolean): void {
    const due = clock.now() + milliseconds
    const before = delays.get(key)
    if (before !== undefined && before.due <= due) {
      delays.set(key, { ...before, own: before.own && own, priority: Math.max(before.priority, priority) })
      return
    }
    before?.cancel()
    const cancel = clock.after(milliseconds, () => {
      const due = delays.get(key)
      delays.delete(key)
      if (!closed) admit(key, due?.priority ?? priority)
    })
    // What somebody asked for is not taken back by an outcome, even where it was merged with an earlier retry.
    const owned = own && before?.own !== false
    delays.set(key, { due, priority: Math.max(priority, before?.priority ?? priority), own: owned, cancel })
  }

  function pump(): void {
    while (running.size < concurrency) {
      const key = next()
      if (key === undefined) break
      running.add(key)
      void process(key)
    }
    if (running.size > 0 || waiting.size > 0) return
    const told = watchers
    watchers = []
    for (const tell of told) tell()
  }

  async function process(key: string): Promise<void> {
    try {
      // Off the caller's stack: adding a key never runs its work.
      await null
      const result = await work(key, stopping.signal)
      supersede(key)
      if (result !== undefined && 'retry' in result) retry(key)
      else {
        failures.delete(key)
        if (result !== undefined && !closed) delay(key, result.after, 0, true)
      }
    } catch (error) {
      supersede(key)
      const count = retry(key)
      if (!stopping.signal.aborted) options.onFailure?.(key, error, count)
    } finally {
      running.delete(key)
      const again = dirty.get(key)
      dirty.delete(key)
      if (again !== undefined && !stopping.signal.aborted) enqueue(key, again)
      pump()
    }
  }

  function retry(key: string): number {
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    if (!closed) delay(key, backoffDelay(backoff, count, random), 0, true)
    return count
  }

  function supersede(key: string): void {
    const before = delays.get(key)
    if (before?.own !== true) return
    before.cancel()
    delays.delete(key)
  }

  const idle = () =>
    running.size === 0 && waiting.size === 0
      ? Promise.resolve()
      : new Promise<void>(resolve => {
          watchers.push(resolve)
        })

  function close(): void {
    closed = true
    for (const { cancel } of delays.values()) cancel()
    delays.clear()
  }

  return {
    add(key, { priority = 0, after = 0 } = {}) {
      if (closed) return
      if (after > 0) delay(key, after, priority, false)
      else admit(key, priority)
    },
    forget(key) {
      waiting.delete(key)
      delays.get(key)?.cancel()
      delays.delete(key)
      dirty.delete(key)
      failures.delete(key)
    },
    get waiting() {
      return waiting.size
    },
    get delayed() {
      return delays.size
    },
    get running() {
      return running.size
    },
    idle,
    stop() {
      close()
      waiting.clear()
      lanes.clear()
      stopping.abort()
      return idle()
    },
    drain() {
      close()
      return idle()
    },
  }
}
