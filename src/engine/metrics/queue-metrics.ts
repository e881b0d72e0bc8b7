import type { Family, Labels } from './format.ts'
import { createCounter, createHistogram } from './instruments.ts'

/** The buckets of client-go's work queues, in powers of ten as its `le` labels have them. */
const BUCKETS = [1e-8, 1e-7, 1e-6, 9.999999999999999e-6, 9.999999999999999e-5, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]

/** What is measured of the queue that objects of one kind wait in, named after their controller in Flux. */
export interface QueueMetrics {
  queued(key: string): void
  started(key: string): void
  /** `again`: it is due again by itself. */
  ended(key: string, again: boolean): void
  /** Drops what is kept of a key that is gone. */
  forget(key: string): void
  /** `waiting` are the keys that wait for their turn. */
  families(waiting: readonly string[]): readonly Family[]
}

/** Measures queues as client-go does, which alerts on stuck controllers rely on. `now` gives milliseconds. */
export function measureQueues(
  controllers: readonly string[],
  controllerOf: (key: string) => string,
  now: () => number = () => performance.now(),
): QueueMetrics {
  const labelsOf = (controller: string): Labels => ({ controller, name: controller })
  const adds = createCounter('workqueue_adds_total', 'Objects that began to wait for their turn.')
  const retries = createCounter('workqueue_retries_total', 'Runs after which an object was due again by itself.')
  const waited = createHistogram(
    'workqueue_queue_duration_seconds',
    'Seconds that objects waited for their turn.',
    BUCKETS,
  )
  const worked = createHistogram('workqueue_work_duration_seconds', 'Seconds that runs took.', BUCKETS)
  const since = new Map<string, number>()
  const running = new Map<string, number>()
  for (const each of controllers) {
    adds.add(labelsOf(each), 0)
    retries.add(labelsOf(each), 0)
  }

  function gauge(name: string, help: string, measure: (controller: string) => number): Family {
    const samples = controllers.map(each => ({ labels: labelsOf(each), value: measure(each) }))
    return { name, help, type: 'gauge', samples }
  }

  /** Seconds since the beginning of each run of a controller that is under way. */
  function underWay(controller: string): readonly number[] {
    const own = [...running].filter(([key]) => controllerOf(key) === controller)
    return own.map(([, from]) => (now() - from) / 1000)
  }

  return {
    queued(key) {
      since.set(key, now())
      adds.add(labelsOf(controllerOf(key)))
    },
    started(key) {
      const from = since.get(key)
      since.delete(key)
      running.set(key, now())
      if (from !== undefined) waited.observe(labelsOf(controllerOf(key)), (now() - from) / 1000)
    },
    ended(key, again) {
      const from = running.get(key) ?? now()
      running.delete(key)
      worked.observe(labelsOf(controllerOf(key)), (now() - from) / 1000)
      if (again) retries.add(labelsOf(controllerOf(key)))
    },
    forget: key => void since.delete(key),
    families: waiting => [
      gauge('workqueue_depth', 'Objects that wait for their turn.', each => {
        return waiting.filter(key => controllerOf(key) === each).length
      }),
      adds.family(),
      waited.family(),
      worked.family(),
      gauge('workqueue_unfinished_work_seconds', 'Seconds that the runs under way have taken so far, added up.', each =>
        underWay(each).reduce((sum, seconds) => sum + seconds, 0),
      ),
      gauge('workqueue_longest_running_processor_seconds', 'Seconds that the longest run under way has taken.', each =>
        Math.max(0, ...underWay(each)),
      ),
      retries.family(),
    ],
  }
}
