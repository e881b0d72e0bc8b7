import type { HealthRules } from '../../health/rules.ts'
import { describeUnhealthy, disappearsWhenDone, progressOf, type Watched } from '../../health/summary.ts'
import { notFound } from '../../health/verdict.ts'
import type { Clock } from '../../manifest/clock.ts'
import { type KubeObject, type ObjectRef, refKey } from '../../manifest/object.ts'

/** Where the objects can be seen: the newest state of each, and a call for every change of one of them. */
export interface Observation {
  get(ref: ObjectRef): KubeObject | undefined
  subscribe(listener: () => void): () => void
}

export type HealthResult =
  | { readonly kind: 'healthy'; readonly durationMs: number }
  /** `summary` is in Flux's words: what failed, or what was still missing when the time was over. */
  | { readonly kind: 'unhealthy'; readonly durationMs: number; readonly summary: string }
  | { readonly kind: 'cancelled' }

interface WaitOptions {
  readonly refs: readonly ObjectRef[]
  readonly rules: HealthRules
  readonly observation: Observation
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Waits until every object is healthy, one has failed, the time is over, or the signal says that the result is no longer
 * wanted. Only watch events are looked at; nothing is polled.
 */
export async function waitForHealth(options: WaitOptions): Promise<HealthResult> {
  const { refs, rules, observation, timeoutMs, clock, signal } = options
  const started = clock.elapsed()
  const brief = new Set<string>()

  function look(): readonly Watched[] {
    const now = new Date(clock.now())
    return refs.map(ref => {
      const object = observation.get(ref)
      if (object !== undefined && disappearsWhenDone(object)) brief.add(refKey(ref))
      const verdict = object === undefined ? notFound : rules.judge(object, now)
      return { ref, verdict, mayDisappear: brief.has(refKey(ref)) }
    })
  }

  const { promise, resolve } = Promise.withResolvers<HealthResult>()
  const durationMs = () => clock.elapsed() - started
  const check = () => {
    const watched = look()
    const progress = progressOf(watched)
    if (progress === 'healthy') resolve({ kind: 'healthy', durationMs: durationMs() })
    if (progress !== 'failed') return
    resolve({ kind: 'unhealthy', durationMs: durationMs(), summary: describeUnhealthy(watched, false) ?? 'unhealthy' })
  }
  const onTimeout = () => {
    const summary = describeUnhealthy(look(), true) ?? 'timeout waiting for health'
    resolve({ kind: 'unhealthy', durationMs: durationMs(), summary })
  }
  const onAbort = () => resolve({ kind: 'cancelled' })

  const unsubscribe = observation.subscribe(check)
  const cancelTimeout = clock.after(timeoutMs, onTimeout)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  else check()
  try {
    return await promise
  } finally {
    unsubscribe()
    cancelTimeout()
    signal.removeEventListener('abort', onAbort)
  }
}
