import type { ServerResponse } from 'node:http'
import { systemClock } from './clock.ts'
import { failure, type Reply } from './http/reply.ts'
import type { RequestInfo } from './http/request-info.ts'
import type { User } from './kind.ts'
import type { Fault, FaultMatch } from './sandbox.ts'
import { internalError, StatusError, tooManyRequests } from './status.ts'

/** Faults that are set, and what they do to a request. */
export interface FaultInjector {
  inject(fault: Fault): () => void
  clear(): void
  /** An answer instead of the real one, `cut` when the connection was broken, undefined to go on. */
  strike(info: RequestInfo, user: User, response: ServerResponse): Promise<Reply | 'cut' | undefined>
}

const wall = systemClock()

export function createFaults(): FaultInjector {
  const faults = new Map<Fault, number>()

  function take(info: RequestInfo, user: User): readonly Fault[] {
    const struck: Fault[] = []
    for (const [fault, left] of faults) {
      if (!matches(fault, info, user)) continue
      struck.push(fault)
      if (left <= 1) faults.delete(fault)
      else faults.set(fault, left - 1)
    }
    return struck
  }

  return {
    inject(fault) {
      faults.set(fault, fault.times ?? Number.POSITIVE_INFINITY)
      return () => void faults.delete(fault)
    },
    clear: () => faults.clear(),
    async strike(info, user, response) {
      if (faults.size === 0) return undefined
      const struck = take(info, user)
      const latency = struck.reduce((sum, fault) => sum + (fault.latency ?? 0), 0)
      if (latency > 0) await new Promise<void>(resolve => wall.after(latency, resolve))
      if (struck.some(fault => fault.reset === true)) {
        response.destroy()
        return 'cut'
      }
      const fault = struck.find(one => one.status !== undefined)
      return fault === undefined ? undefined : refused(fault)
    },
  }
}

/** Whether a request is among those that a fault means. */
export function matches(match: FaultMatch, info: RequestInfo, user: User): boolean {
  const { verb, group, resource, namespace, name, user: username } = match
  return (
    (verb === undefined || verb === info.verb) &&
    (group === undefined || group === info.group) &&
    (resource === undefined || resource === info.resource) &&
    (namespace === undefined || namespace === info.namespace) &&
    (name === undefined || name === info.name) &&
    (username === undefined || username === user.username)
  )
}

function refused({ status, retryAfter }: Fault): Reply {
  switch (status) {
    case 429:
      return failure(tooManyRequests('too many requests, please try again later', retryAfter ?? 1).status)
    case 503:
      return failure({
        code: 503,
        reason: 'ServiceUnavailable',
        message: 'the server is currently unable to handle the request',
      })
    case 504:
      return failure(
        new StatusError({
          code: 504,
          reason: 'Timeout',
          message: 'Timeout: request did not complete within the allotted timeout',
        }).status,
      )
    default:
      return failure(internalError('injected fault').status)
  }
}
