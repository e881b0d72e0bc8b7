import { setImmediate as nextTurn } from 'node:timers/promises'

/** Time as the sandbox sees it: everything that waits, ages or is stamped asks here. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `task` once, `milliseconds` from now; the result cancels it. Pending tasks never keep the process alive. */
  after(milliseconds: number, task: () => void): () => void
}

/** A clock that stands still until it is told to move. */
export interface DrivenClock extends Clock {
  /** Milliseconds; the same as `now`. */
  elapsed(): number
  /**
   * Moves time forward. Tasks run in order of their time, each at its own time, and whatever they set off on the event
   * loop is let run before the next one; tasks that they schedule within the span run as well.
   */
  advance(milliseconds: number): Promise<void>
}

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: Date.now,
    after(milliseconds, task) {
      const timer = setTimeout(task, Math.min(Math.max(milliseconds, 0), 0x7fffffff))
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

/** A clock for tests, starting at `start` (milliseconds since 1970; the present when left out). */
export function drivenClock(start: number = Date.now()): DrivenClock {
  let now = start
  let count = 0
  const pending = new Map<number, { readonly at: number; readonly task: () => void }>()

  const earliest = (limit: number) => {
    let found: [number, { readonly at: number; readonly task: () => void }] | undefined
    for (const entry of pending)
      if (entry[1].at <= limit && (found === undefined || entry[1].at < found[1].at)) found = entry
    return found
  }

  return {
    now: () => now,
    elapsed: () => now,
    after(milliseconds, task) {
      const id = count++
      pending.set(id, { at: now + Math.max(milliseconds, 0), task })
      return () => void pending.delete(id)
    },
    async advance(milliseconds) {
      const end = now + milliseconds
      await settle()
      for (let next = earliest(end); next !== undefined; next = earliest(end)) {
        pending.delete(next[0])
        now = Math.max(now, next[1].at)
        next[1].task()
        await settle()
      }
      now = end
    },
  }
}

/** Lets chains of promises and immediates that are ready run to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await nextTurn()
}

/** A time as Kubernetes writes it in `metav1.Time`: RFC 3339, whole seconds, UTC. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** A time as Kubernetes writes it in `metav1.MicroTime`. */
export function microTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23)}000Z`
}
