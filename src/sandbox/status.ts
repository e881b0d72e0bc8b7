import type { JsonObject } from '../manifest/json.ts'

/** One entry of `details.causes` of a Status. */
export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

/** A failure as the API answers it (`meta/v1` Status). */
export interface StatusFailure {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly uid?: string
    readonly causes?: readonly StatusCause[]
    readonly retryAfterSeconds?: number
  }
}

/** Thrown by every operation that the API refuses; the HTTP edge writes it as a Status object. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: StatusFailure

  constructor(status: StatusFailure) {
    super(status.message)
    this.status = status
  }
}

/** Group and plural resource of a request; the core group is the empty string. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

/** `deployments.apps`, or `pods` in the core group. */
export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

const detailsOf = ({ group, resource }: GroupResource, name: string) => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: resource,
})

export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${formatGroupResource(resource)} ${quote(name)} not found`,
    details: detailsOf(resource, name),
  })
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${formatGroupResource(resource)} ${quote(name)} already exists`,
    details: detailsOf(resource, name),
  })
}

export function conflict(resource: GroupResource, name: string, message: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${formatGroupResource(resource)} ${quote(name)}: ${message}`,
    details: detailsOf(resource, name),
  })
}

/** The optimistic lock failed. */
export function modified(resource: GroupResource, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function forbidden(resource: GroupResource, name: string, message: string): StatusError {
  const what = formatGroupResource(resource)
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: name === '' ? `${what} is forbidden: ${message}` : `${what} ${quote(name)} is forbidden: ${message}`,
    details: detailsOf(resource, name),
  })
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message })
}

export function methodNotSupported(resource: GroupResource, verb: string): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind ${quote(formatGroupResource(resource))}`,
    details: detailsOf(resource, ''),
  })
}

/** A method that the resource does not have at all. */
export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
}

/** A path of a served group that leads to nothing. */
export function notServed(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  })
}

/** A resource version that is no longer, or not yet, there to be read. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message })
}

export function tooManyRequests(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  })
}

export function internalError(message: string): StatusError {
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  })
}

/** The `meta/v1` Status object of a failure. */
export function statusObject(failure: StatusFailure): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: failure.message,
    ...(failure.reason === '' ? {} : { reason: failure.reason }),
    ...(failure.details === undefined ? {} : { details: failure.details as unknown as JsonObject }),
    code: failure.code,
  }
}

/** A string as Go's `%q` prints it. */
export function quote(text: string): string {
  return JSON.stringify(text)
}
