import { formatRef, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import type { Verdict } from './verdict.ts'

/** One object that somebody waits for and how it is; no verdict where nothing is known yet. */
export interface Watched {
  readonly ref: ObjectRef
  readonly verdict: Verdict | undefined
  /** A Job with `ttlSecondsAfterFinished`: once it is gone it has done its work. */
  readonly mayDisappear?: boolean
}

/**
 * What waiting for a set of objects has come to: `healthy` when all are Current, `failed` when one has failed and will not
 * recover by itself, else `waiting`.
 */
export type Progress = 'healthy' | 'failed' | 'waiting'

/**
 * Whether waiting can end: at the first failure, or when everything is Current. Without `failFast` a failure ends it only when
 * nothing else is under way any more.
 */
export function progressOf(objects: readonly Watched[], failFast = true): Progress {
  const failures = objects.filter(({ verdict }) => verdict?.status === 'Failed').length
  const healthy = objects.filter(isHealthy).length
  if (failures > 0 && (failFast || failures + healthy === objects.length)) return 'failed'
  return healthy === objects.length ? 'healthy' : 'waiting'
}

function isHealthy({ verdict, mayDisappear }: Watched): boolean {
  return verdict?.status === 'Current' || (mayDisappear === true && verdict?.status === 'NotFound')
}

/**
 * Flux's text for a wait that did not end well: `failed early due to stalled resources: […]` when something failed, and
 * `timeout waiting for: […]` when `timedOut`. Undefined when there is nothing to report.
 */
export function describeUnhealthy(objects: readonly Watched[], timedOut: boolean): string | undefined {
  const lines = objects.flatMap(watched => {
    const { ref, verdict } = watched
    if (verdict === undefined) return [`can't determine status for ${formatRef(ref)}`]
    if (verdict.status !== 'Failed' && (!timedOut || isHealthy(watched))) return []
    const error = verdict.status === 'Unknown' && verdict.message !== '' ? `: ${verdict.message}` : ''
    return [`${formatRef(ref)} status: '${verdict.status}'${error}`]
  })
  if (lines.length === 0) return undefined
  return `${timedOut ? 'timeout waiting for' : 'failed early due to stalled resources'}: [${lines.join(', ')}]`
}

/** Whether a Job removes itself when it is done. */
export function disappearsWhenDone(object: KubeObject): boolean {
  if (object.kind !== 'Job' || !object.apiVersion.startsWith('batch/')) return false
  const spec = object['spec'] as { readonly ttlSecondsAfterFinished?: unknown } | undefined
  const ttl = spec?.ttlSecondsAfterFinished
  return typeof ttl === 'bigint' || Number.isInteger(ttl)
}
