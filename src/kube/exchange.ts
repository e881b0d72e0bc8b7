import { type Clock, systemClock } from '../manifest/clock.ts'
import type { JsonValue } from '../manifest/json.ts'
import { errorFromAnswer, errorWithoutAnswer } from './api-error.ts'
import type { ClientOptions, RequestEvent } from './client-types.ts'
import { ApiError } from './cluster.ts'
import type { Impersonation } from './connection.ts'
import { decodeJson, encodeJson } from './json-body.ts'
import { createLimiter, type Priority } from './limiter.ts'
import { withRetries } from './retry.ts'
import type { HttpRequest, HttpStream, Transport } from './transport.ts'
import { readWarnings } from './warning-header.ts'
import type { WholeAnswer } from './whole-answer.ts'

/** On whose behalf, and how urgently. */
export interface Caller {
  readonly impersonate: Impersonation | undefined
  readonly priority: Priority
}

/** One API request before it is made. */
export interface Exchange {
  readonly verb: RequestEvent['verb']
  readonly method: HttpRequest['method']
  /** With the query. */
  readonly path: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly dryRun?: boolean
  /** Sending it twice has the effect of once; true for GET and DELETE when left out. */
  readonly idempotent?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onWarning?: ((text: string) => void) | undefined
}

/** Requests with retries, limits and errors in one form. */
export interface Exchanger {
  readonly clock: Clock
  /** The JSON of the answer. Rejects with `ApiError`, or with the signal's reason. */
  json(exchange: Exchange, caller: Caller): Promise<JsonValue>
  /** The answer's body as it comes, past the limiter and without retries. */
  stream(exchange: Exchange, caller: Caller, silence: number): Promise<HttpStream['body']>
}

const BACKOFF = { base: 100, limit: 5_000 }

export function createExchanger(transport: Transport, server: string, options: ClientOptions): Exchanger {
  const clock = options.clock ?? systemClock
  const limiter = createLimiter({ now: () => clock.elapsed(), ...options.limiter })

  const label = (exchange: Exchange) => ({ method: exchange.method, url: server + exchange.path })

  function request(exchange: Exchange, caller: Caller): HttpRequest {
    const body = exchange.body === undefined ? undefined : encodeJson(exchange.body)
    return {
      method: exchange.method,
      path: exchange.path,
      headers: {
        accept: exchange.accept ?? 'application/json',
        ...(body !== undefined && { 'content-type': exchange.contentType ?? 'application/json' }),
        ...impersonationHeaders(caller.impersonate),
      },
      ...(body !== undefined && { body }),
      ...(exchange.signal !== undefined && { signal: exchange.signal }),
    }
  }

  function report(exchange: Exchange, code: number, started: number): void {
    options.onRequest?.({
      verb: exchange.verb,
      group: exchange.group ?? '',
      resource: exchange.resource ?? '',
      subresource: exchange.subresource ?? '',
      code,
      milliseconds: performance.now() - started,
      dryRun: exchange.dryRun ?? false,
    })
  }

  function failed(exchange: Exchange, answer: WholeAnswer): ApiError {
    return errorFromAnswer(label(exchange), answer.statusCode, answer.text, header(answer, 'retry-after'))
  }

  /** Whatever went wrong on the way, in one form; an abort stays what it is. */
  function wrapped(exchange: Exchange, error: unknown): unknown {
    if (error instanceof ApiError) return error
    if (exchange.signal?.aborted) return exchange.signal.reason
    return errorWithoutAnswer(label(exchange), error)
  }

  async function once(exchange: Exchange, http: HttpRequest, caller: Caller): Promise<JsonValue> {
    const release = await limiter.acquire(caller.priority, exchange.signal)
    const started = performance.now()
    let code = 0
    let latency: number | undefined
    try {
      const answer = await transport.send(http)
      code = answer.statusCode
      if (exchange.verb !== 'list') latency = performance.now() - started
      if (code >= 300) throw failed(exchange, answer)
      for (const text of readWarnings(answer.headers['warning'])) {
        exchange.onWarning?.(text)
        options.onWarning?.(text, exchange.path)
      }
      const { text } = answer
      const value = decodeJson(text)
      if (value === undefined) {
        const got = text.slice(0, 100).replace(/\s+/g, ' ')
        throw new Error(`the answer is no JSON; is this a Kubernetes API server? It begins with: ${got}`)
      }
      return value
    } catch (error) {
      if (code < 300) latency = undefined
      throw wrapped(exchange, error)
    } finally {
      release({ refused: code === 429, ...(latency !== undefined && { latency }) })
      report(exchange, code, started)
    }
  }

  return {
    clock,
    json(exchange, caller) {
      const http = request(exchange, caller)
      const idempotent = exchange.idempotent ?? (exchange.method === 'GET' || exchange.method === 'DELETE')
      const policy = { idempotent, reads: exchange.method === 'GET', backoff: BACKOFF, attempts: 4, busyAttempts: 10 }
      return withRetries(() => once(exchange, http, caller), policy, clock, exchange.signal)
    },
    async stream(exchange, caller, silence) {
      const started = performance.now()
      let code = 0
      try {
        const { statusCode, headers, body } = await transport.stream(request(exchange, caller), silence)
        code = statusCode
        if (code < 300) return body
        const text = await body.text().catch(() => '')
        throw failed(exchange, { statusCode, headers, text })
      } catch (error) {
        throw wrapped(exchange, error)
      } finally {
        report(exchange, code, started)
      }
    },
  }
}

function header({ headers }: WholeAnswer, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

function impersonationHeaders(user: Impersonation | undefined): Record<string, string | readonly string[]> {
  if (user === undefined) return {}
  const headers: Record<string, string | readonly string[]> = { 'impersonate-user': user.username }
  if (user.uid !== undefined) headers['impersonate-uid'] = user.uid
  if (user.groups !== undefined && user.groups.length > 0) headers['impersonate-group'] = user.groups
  // The key is a header name, so that everything else in it is percent-encoded.
  for (const [key, values] of Object.entries(user.extra ?? {}))
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values
  return headers
}
