import type { Clock } from '../manifest/clock.ts'
import { type ObjectRef, refKey } from '../manifest/object.ts'

/** Reverts of one object that are done at once within the window; the ones after that have to wait. */
const FREE_REVERTS = 5
const WINDOW_MS = 60_000

/** Keeps two writers who fight over an object from turning into a hot loop. */
export interface RevertLimiter {
  /** Notes that a change of the object was undone. */
  reverted(ref: ObjectRef): void
  /** Milliseconds until the next change of it may be undone; 0 for at once. */
  delay(ref: ObjectRef): number
}

export function createRevertLimiter(clock: Clock): RevertLimiter {
  const recent = new Map<string, readonly number[]>()

  function timesOf(ref: ObjectRef): readonly number[] {
    const now = clock.elapsed()
    return (recent.get(refKey(ref)) ?? []).filter(time => now - time < WINDOW_MS)
  }

  return {
    reverted: ref => void recent.set(refKey(ref), [...timesOf(ref), clock.elapsed()]),
    delay(ref) {
      const times = timesOf(ref)
      const excess = times.length - FREE_REVERTS
      if (excess < 0) return 0
      const due = (times.at(-1) ?? 0) + 2000 * 2 ** excess
      return Math.max(0, due - clock.elapsed())
    },
  }
}
