import type { ApiError } from '../kube/cluster.ts'

/** How API server, CEL rules and webhooks say that a field of an existing object cannot be changed. */
const WORDS =
  /\bis immutable\b|immutable field|may not change once set|may not be changed|cannot be changed|cannot change roleRef|updates to .* are forbidden|updates to .* for fields other than/i

/** Whether an error says that an object has to be deleted and created again to get there. */
export function saysImmutable(error: ApiError): boolean {
  return WORDS.test(error.message)
}

/**
 * Whether an error might mean that without saying so: Flux takes every Invalid and Conflict for it. Those need a second
 * look before anything is deleted.
 */
export function mayBeImmutable(error: ApiError): boolean {
  return error.reason === 'Invalid' || error.reason === 'Conflict' || error.code === 422
}
