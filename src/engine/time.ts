/** Time and chance as the engine sees them, so that tests can drive both. */
export interface Time {
  now(): Date
  /** Calls back once after `ms` milliseconds; the returned function takes it back. */
  timer(ms: number, callback: () => void): () => void
  /** In [0, 1). */
  random(): number
}

/** Node caps timers at 2^31 - 1 ms and fires at once above that. */
const LONGEST_TIMER = 2 ** 31 - 1

export const systemTime: Time = {
  now: () => new Date(),
  timer(ms, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER))
    return () => clearTimeout(handle)
  },
  random: Math.random,
}

/** RFC 3339 with seconds, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
