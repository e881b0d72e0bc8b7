import type { ControllerContext } from '../../controller.ts'
import { createWorkQueue } from '../../core/work-queue.ts'
import { HasToWait } from '../../registry/steps.ts'
import { StatusError } from '../../status.ts'

/** Keys (`namespace/name`) to be worked off, now or later on the sandbox's clock. */
export interface Reconciler {
  add(key: string): void
  /** Once, `milliseconds` from now; a later call for the same key replaces an earlier one. */
  after(milliseconds: number, key: string): void
  stop(): void
}

const firstRetry = 1_000
const longestRetry = 60_000

/**
 * Calls `work` for every key that was added, on a later turn of the event loop. What the API refuses is tried again on the
 * clock, at growing distances; any other fault is reported.
 */
export function createReconciler(
  context: ControllerContext,
  work: (namespace: string, name: string) => void,
): Reconciler {
  const { clock, report } = context
  const timers = new Map<string, () => void>()
  const failures = new Map<string, number>()
  let stopped = false
  const queue = createWorkQueue(key => {
    const slash = key.indexOf('/')
    try {
      work(key.slice(0, slash), key.slice(slash + 1))
      failures.delete(key)
    } catch (error) {
      if (error instanceof HasToWait) throw error
      if (!(error instanceof StatusError)) {
        report(error)
        return
      }
      const delay = Math.min(failures.get(key) ?? firstRetry, longestRetry)
      failures.set(key, delay * 2)
      after(delay, key)
    }
  }, report)

  function after(milliseconds: number, key: string): void {
    if (stopped) return
    timers.get(key)?.()
    timers.set(
      key,
      clock.after(milliseconds, () => {
        timers.delete(key)
        queue.add(key)
      }),
    )
  }

  return {
    add: key => queue.add(key),
    after,
    stop() {
      stopped = true
      queue.stop()
      for (const cancel of timers.values()) cancel()
    },
  }
}

/** The key of an object. */
export function keyOf(object: { readonly metadata: { readonly namespace?: string; readonly name: string } }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
