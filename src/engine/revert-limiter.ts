import type { Clock } from '../manifest/clock.ts'
import { type ObjectRef, refKey } from '../manifest/object.ts'

/** Reverts of one object that are done at once within the window; the ones after that have to wait. */
const FREE_REVERTS = 5
const WINDOW_MS = 60_000
const LONGEST_DELAY_MS = 5 * 60_000

/** Keeps two writers who fight over an object from turning into a hot loop. */
export interface RevertLimiter {
  /** Notes that a change of the object was undone. */
  reverted(ref: ObjectRef): void
  /** Milliseconds to wait before the next change of it is undone. */
  delay(ref: ObjectRef): number
}

export function createRevertLimiter(clock: Clock): RevertLimiter {
  const recent = new Map<string, readonly number[]>()

  function timesOf(ref: ObjectRef): readonly number[] {
    const now = clock.now()
    return (recent.get(refKey(ref)) ?? []).filter(time => now - time < WINDOW_MS)
  }

  return {
    reverted: ref => void recent.set(refKey(ref), [...timesOf(ref), clock.now()]),
    delay(ref) {
      const excess = timesOf(ref).length - FREE_REVERTS
      return excess < 0 ? 0 : Math.min(2000 * 2 ** excess, LONGEST_DELAY_MS)
    },
  }
}
