import { HasToWait } from '../registry/steps.ts'

/** Keys to be worked off, each at most once at a time, on a later turn of the event loop. */
export interface WorkQueue {
  add(key: string): void
  stop(): void
}

/**
 * Calls `work` for each key that was added; what it throws goes to `report` and the key is tried again a
 * little later. One that waits for a webhook is worked off again when that has answered.
 */
export function createWorkQueue(work: (key: string) => void, report: (error: unknown) => void): WorkQueue {
  const keys = new Set<string>()
  const failures = new Map<string, number>()
  let scheduled = false
  let stopped = false

  function schedule(): void {
    if (scheduled || stopped) return
    scheduled = true
    setImmediate(run)
  }

  function run(): void {
    scheduled = false
    const batch = [...keys]
    keys.clear()
    for (const key of batch) {
      if (stopped) return
      try {
        work(key)
        failures.delete(key)
      } catch (error) {
        if (error instanceof HasToWait) wait(key, error)
        else retry(key, error)
      }
    }
    if (keys.size > 0) schedule()
  }

  function wait(key: string, { done }: HasToWait): void {
    const again = () => {
      if (stopped) return
      keys.add(key)
      schedule()
    }
    done.then(again, again)
  }

  function retry(key: string, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    if (count > 10) {
      failures.delete(key)
      report(error)
      return
    }
    keys.add(key)
    schedule()
  }

  return {
    add(key) {
      keys.add(key)
      schedule()
    },
    stop() {
      stopped = true
      keys.clear()
    },
  }
}
