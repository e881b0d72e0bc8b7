import { type Clock, systemClock } from '../../src/manifest/clock.ts'

/** The machine's clock, of which time can be skipped: what was due in between happens at once, in order. */
export interface SkippingClock extends Clock {
  /** Milliseconds. */
  pass(milliseconds: number): void
}

interface Task {
  readonly at: number
  readonly run: () => void
}

export function skippingClock(): SkippingClock {
  const tasks = new Set<Task>()
  let skipped = 0
  const now = () => systemClock.now() + skipped
  return {
    now,
    elapsed: () => systemClock.elapsed() + skipped,
    after(milliseconds, run) {
      const task: Task = {
        at: now() + milliseconds,
        run() {
          cancel()
          run()
        },
      }
      const stopTimer = systemClock.after(milliseconds, task.run)
      const cancel = () => {
        stopTimer()
        tasks.delete(task)
      }
      tasks.add(task)
      return cancel
    },
    pass(milliseconds) {
      skipped += milliseconds
      const due = [...tasks].filter(({ at }) => at <= now()).toSorted((a, b) => a.at - b.at)
      for (const { run } of due) run()
    },
  }
}
