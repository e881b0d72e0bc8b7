import type { IncomingMessage, ServerResponse } from 'node:http'
import type { User } from '../kind.ts'
import type { RequestInfo } from './request-info.ts'

/** One authorised request on its way through the handlers. */
export interface ApiRequest {
  readonly info: RequestInfo
  readonly user: User
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly warnings: string[]
  warn(message: string): void
  /** May this user do that too? For creates by way of an update and the like. */
  authorized(verb: string, changes?: Partial<RequestInfo>): boolean
}
