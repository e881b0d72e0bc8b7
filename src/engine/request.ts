import type { KubeObject } from '../manifest/object.ts'

/** Set to a new value by people and tools that want a reconciliation now. */
export const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt'

/** The value to report as `lastHandledReconcileAt` once a reconciliation has ended. */
export function handledRequest({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[REQUESTED_AT]
}

/** True where somebody asks for a reconciliation that has not been reported yet. */
export function isRequested(
  object: KubeObject & { readonly status?: { readonly lastHandledReconcileAt?: string } },
): boolean {
  const requested = handledRequest(object)
  return requested !== undefined && requested !== object.status?.lastHandledReconcileAt
}
