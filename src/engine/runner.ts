import { sleep } from '../kube/sleep.ts'
import type { Clock } from '../manifest/clock.ts'
import { createGate } from './gate.ts'
import { createWorkQueue, type Lane } from './work-queue.ts'

/** What a piece of work has of its runner. */
export interface Run {
  /** Aborted when newer input makes the run pointless, and when the runner stops. */
  readonly signal: AbortSignal
  /** Waits without holding one of the runner's slots, so that a long wait keeps nobody else from working. */
  yieldSlot<T>(wait: Promise<T>): Promise<T>
  /** Resolves when there is little to do, for anybody: what is not urgent may be done now. */
  leisure(): Promise<void>
}

/** When to run a key again if nothing happens before; absent for never. */
export interface Again {
  readonly afterMs?: number
}

export interface RunnerOptions {
  /** How many keys may be worked on at once. */
  readonly concurrency: number
  readonly clock: Clock
  /** In [0, 1); spreads retries. */
  readonly random: () => number
  work(key: string, run: Run): Promise<Again>
  /** Milliseconds until the first and at most until any retry after an exception; 750 ms and 15 min. */
  readonly retryDelay?: { readonly firstMs: number; readonly longestMs: number }
  /** Told about every key that begins to wait for its turn. */
  onQueued?(key: string): void
  /** Told about every exception that `work` lets out; the key is tried again, later each time. */
  onError(key: string, error: unknown): void
}

/**
 * Runs work by key: one run of a key at a time, the last trigger never lost, at most `concurrency` at once. Triggers that
 * come while a key waits for its turn are one; a trigger during its run causes another run after it.
 */
export interface Runner {
  /**
   * Runs the key soon; on the lane `later` when nothing else is to be done. `preempt` aborts a run that is under way, for when
   * its input is out of date.
   */
  trigger(key: string, options?: { readonly preempt?: boolean; readonly lane?: Lane }): void
  /** Drops whatever is planned for the key and aborts its run. */
  forget(key: string): void
  /** Resolves when nothing runs and nothing waits for its turn; timers may be pending. */
  idle(): Promise<void>
  /** Resolves when no run is at work: what still runs has given its slot back for a wait. */
  quiet(): Promise<void>
  /** As for a run; at once where the runner has stopped. */
  leisure(): Promise<void>
  /** The keys that wait for their turn. */
  queued(): readonly string[]
  /**
   * Lets no new run begin and resolves when all have ended. What waits is aborted at once; what works is aborted after
   * `graceMs`, which is at once where it is left out.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
}

/** A burst is when as much as may be done at once was done within so many milliseconds. */
const BURST_MS = 1000
/** How often to look whether a burst is over. */
const LOOK_MS = 100
/** Milliseconds for which a run that waits is expected back any moment. */
const CROWD_MS = 15_000

const RETRY_DELAY = { firstMs: 750, longestMs: 15 * 60_000 }

interface Entry {
  state: 'idle' | 'queued' | 'running'
  /** Triggered again while running. */
  dirty: boolean
  /** Nothing is to be planned for it after its run. */
  forgotten: boolean
  failures: number
  /** Since when (`elapsed` of the clock) it has given its slot back for a wait; undefined where it has not. */
  waitingSince: number | undefined
  abort: AbortController | undefined
  cancelTimer: (() => void) | undefined
}

export function createRunner(options: RunnerOptions): Runner {
  const { concurrency, clock, random, work, onError, onQueued, retryDelay = RETRY_DELAY } = options
  const entries = new Map<string, Entry>()
  const queue = createWorkQueue()
  const reclaiming: (() => void)[] = []
  let slots = concurrency
  let running = 0
  let stopped = false
  /** When slots were given back (`elapsed` of the clock), as many as there are slots. */
  const releases: number[] = []
  let leisure: Promise<void> | undefined
  const turns = createGate(() => queue.size === 0 || stopped)
  const quiet = createGate(() => slots === concurrency && queue.size === 0)
  const idle = createGate(() => running === 0 && (queue.size === 0 || stopped))

  function entryOf(key: string): Entry {
    let entry = entries.get(key)
    if (entry === undefined) {
      entry = {
        state: 'idle',
        dirty: false,
        forgotten: false,
        failures: 0,
        waitingSince: undefined,
        abort: undefined,
        cancelTimer: undefined,
      }
      entries.set(key, entry)
    }
    return entry
  }

  function clearTimer(entry: Entry): void {
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
  }

  async function rest(): Promise<void> {
    for (;;) {
      await turns.wait()
      if (stopped || !(isBurst() || isCrowded())) break
      await sleep(clock, LOOK_MS)
    }
    leisure = undefined
  }

  function isBurst(): boolean {
    return releases.length === concurrency && (releases[0] ?? 0) > clock.elapsed() - BURST_MS
  }

  /** Whether more than may work at once have begun to wait lately: they will all be back soon. */
  function isCrowded(): boolean {
    const recent = clock.elapsed() - CROWD_MS
    const waiting = [...entries.values()].filter(({ waitingSince = recent }) => waitingSince > recent)
    return waiting.length > concurrency
  }

  /** One wait for all who ask: there may be thousands. */
  function awaitLeisure(): Promise<void> {
    leisure ??= rest()
    return leisure
  }

  function releaseSlot(): void {
    releases.push(clock.elapsed())
    if (releases.length > concurrency) releases.shift()
    const next = reclaiming.shift()
    if (next === undefined) slots++
    else next()
    pump()
  }

  function takeSlotBack(): Promise<void> {
    if (slots > 0) {
      slots--
      return Promise.resolve()
    }
    return new Promise(resolve => reclaiming.push(resolve))
  }

  async function yieldSlot<T>(entry: Entry, wait: Promise<T>): Promise<T> {
    releaseSlot()
    entry.waitingSince = clock.elapsed()
    if (stopped) entry.abort?.abort()
    try {
      return await wait
    } finally {
      await takeSlotBack()
      entry.waitingSince = undefined
    }
  }

  async function execute(key: string, entry: Entry): Promise<void> {
    const abort = new AbortController()
    entry.abort = abort
    entry.state = 'running'
    entry.dirty = false
    clearTimer(entry)
    running++
    let again: Again = {}
    try {
      again = await work(key, {
        signal: abort.signal,
        yieldSlot: wait => yieldSlot(entry, wait),
        leisure: awaitLeisure,
      })
      entry.failures = 0
    } catch (error) {
      if (!abort.signal.aborted) onError(key, error)
      const backoff = Math.min(retryDelay.firstMs * 2 ** entry.failures++, retryDelay.longestMs)
      again = { afterMs: backoff * (0.5 + random() / 2) }
    }
    running--
    entry.abort = undefined
    entry.state = 'idle'
    if (!stopped) {
      if (entry.dirty) trigger(key)
      else if (entry.forgotten) entries.delete(key)
      else if (again.afterMs !== undefined) entry.cancelTimer = clock.after(again.afterMs, () => trigger(key))
    }
    releaseSlot()
  }

  function pump(): void {
    while (slots > 0 && !stopped) {
      const key = queue.shift()
      if (key === undefined) break
      slots--
      void execute(key, entryOf(key))
    }
    for (const gate of [turns, quiet, idle]) gate.look()
  }

  function trigger(key: string, options: { readonly preempt?: boolean; readonly lane?: Lane } = {}): void {
    if (stopped) return
    const entry = entryOf(key)
    entry.forgotten = false
    if (entry.state === 'running') {
      entry.dirty = true
      if (options.preempt === true) entry.abort?.abort()
      return
    }
    if (entry.state === 'idle') {
      clearTimer(entry)
      entry.state = 'queued'
      onQueued?.(key)
      queueMicrotask(pump)
    }
    queue.push(key, options.lane ?? 'now')
  }

  return {
    trigger,
    forget(key) {
      const entry = entries.get(key)
      if (entry === undefined) return
      clearTimer(entry)
      entry.dirty = false
      entry.forgotten = true
      entry.abort?.abort()
      queue.remove(key)
      if (entry.state !== 'running') entries.delete(key)
    },
    idle: idle.wait,
    quiet: quiet.wait,
    leisure: awaitLeisure,
    queued: () => queue.keys(),
    async stop({ graceMs = 0 } = {}) {
      stopped = true
      pump()
      const abortAll = () => {
        for (const { abort } of entries.values()) abort?.abort()
      }
      for (const entry of entries.values()) {
        clearTimer(entry)
        if (entry.waitingSince !== undefined || graceMs <= 0) entry.abort?.abort()
      }
      const cancel = graceMs > 0 ? clock.after(graceMs, abortAll) : undefined
      await idle.wait()
      cancel?.()
    },
  }
}
