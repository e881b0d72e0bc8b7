import type { ReportedDrift } from './kustomization/describe-drift.ts'
import type { RunnerOptions } from './runner.ts'

/** How a run ended: `requeue_after` where the object is due again by itself, `error` where it ended with an exception. */
export type WorkResult = 'success' | 'requeue_after' | 'error'

/** Is told about the runs of all objects. Keys are `Kind/namespace/name`. */
export interface WorkObserver {
  /** A key waits for its turn. */
  queued(key: string): void
  started(key: string): void
  ended(key: string, result: WorkResult, milliseconds: number): void
  /** A Kustomization was rendered, or its last rendering was still right. */
  rendered(recalled: boolean): void
  /** The drift of an object's objects that is left alone, all of it, after each look. */
  drifted(key: string, drifts: readonly ReportedDrift[]): void
  /** The object of a key is gone. */
  forget(key: string): void
}

/** The same work, with an observer that is told about each run. */
export function observed(work: RunnerOptions['work'], observer: WorkObserver): RunnerOptions['work'] {
  return async (key, run) => {
    const from = performance.now()
    let result: WorkResult = 'error'
    observer.started(key)
    try {
      const again = await work(key, run)
      result = again.afterMs === undefined ? 'success' : 'requeue_after'
      return again
    } finally {
      observer.ended(key, result, performance.now() - from)
    }
  }
}
