/** Time as a value that is handed in, so that tests can drive it. */
export interface Clock {
  /** Milliseconds since 1970: the time of day, which jumps when somebody sets it. For what is told to others. */
  now(): number
  /** Milliseconds since some moment, which go on evenly whatever happens to the time of day. For durations and deadlines. */
  elapsed(): number
  /** Runs `task` once, `milliseconds` from now; the result cancels it. */
  after(milliseconds: number, task: () => void): () => void
}

/** Node fires longer timers at once. */
const LONGEST_TIMER = 0x7fffffff

/** The machine's clock. Pending tasks do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A time as Kubernetes writes it in `metav1.Time`: RFC 3339, whole seconds, UTC. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
