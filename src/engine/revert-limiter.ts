import type { Clock } from '../manifest/clock.ts'
import { type ObjectRef, refKey } from '../manifest/object.ts'

/** Reverts of one object that are done at once within the window; the ones after that have to wait. */
const FREE_REVERTS = 5
const WINDOW_MS = 60_000
const LONGEST_DELAY_MS = 5 * 60_000

/** Keeps two writers who fight over an object from turning into a hot loop. */
export interface RevertLimiter {
  /** Milliseconds to wait before this revert; each call counts as one. */
  delay(ref: ObjectRef): number
}

export function createRevertLimiter(clock: Clock): RevertLimiter {
  const recent = new Map<string, readonly number[]>()
  return {
    delay(ref) {
      const key = refKey(ref)
      const now = clock.now()
      const times = [...(recent.get(key) ?? []).filter(time => now - time < WINDOW_MS), now]
      recent.set(key, times)
      const excess = times.length - FREE_REVERTS
      return excess <= 0 ? 0 : Math.min(1000 * 2 ** excess, LONGEST_DELAY_MS)
    },
  }
}
