import { type Clock, systemClock } from '../../src/manifest/clock.ts'

/** The machine's clock as an administrator sets it: the time of day jumps, timers go on as they were. */
export interface JumpingClock extends Clock {
  /** Milliseconds; negative ones set it back. */
  jump(milliseconds: number): void
}

export function jumpingClock(): JumpingClock {
  let offset = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + offset,
    jump(milliseconds) {
      offset += milliseconds
    },
  }
}
