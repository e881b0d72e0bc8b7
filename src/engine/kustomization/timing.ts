import { parseDuration } from '../../api/duration.ts'
import type { KustomizationSpec } from '../../api/kustomization.ts'

const FLOOR_MS = 30_000

/** Milliseconds between two checks; the API server has seen to it that the text is a duration. */
export function intervalOf(spec: KustomizationSpec): number {
  return parseDuration(spec.interval) ?? FLOOR_MS
}

/** Milliseconds after a failure: `retryInterval`, or the interval. */
export function retryIntervalOf(spec: KustomizationSpec): number {
  const retry = spec.retryInterval === undefined ? undefined : parseDuration(spec.retryInterval)
  return retry ?? intervalOf(spec)
}

/** Milliseconds that applying and waiting may take: `timeout`, or the interval less 30 s; never below 30 s. */
export function timeoutOf(spec: KustomizationSpec): number {
  const timeout = spec.timeout === undefined ? undefined : parseDuration(spec.timeout)
  return Math.max(timeout ?? intervalOf(spec) - FLOOR_MS, FLOOR_MS)
}
