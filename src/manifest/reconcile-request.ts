export const reconcileRequestAnnotation = 'reconcile.fluxcd.io/requestedAt'

export interface HandledRequest {
  /** Whether the request is to be acted on in this run. */
  readonly handle: boolean
  /** What to write into the status as the last request that was seen. */
  readonly lastHandled: string
}

/**
 * Judges a special request (`reconcile.fluxcd.io/forceAt`, `/resetAt`): it counts only together with a reconcile request of
 * the same token that was not handled yet, and only once. The token is remembered either way.
 */
export function judgeRequest(
  annotations: Readonly<Record<string, string>>,
  annotation: string,
  lastHandledReconcile: string,
  lastHandledRequest: string,
): HandledRequest {
  const token = annotations[annotation] ?? ''
  const reconcile = annotations[reconcileRequestAnnotation]
  const handle =
    annotations[annotation] !== undefined &&
    token !== lastHandledRequest &&
    token === reconcile &&
    reconcile !== lastHandledReconcile
  return { handle, lastHandled: token }
}
