import { type Dispatcher, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici'
import { type Clock, systemClock } from '../manifest/clock.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { Connection } from './connection.ts'
import { type Credential, openCredentials } from './credentials.ts'
import { proxyFromEnvironment } from './proxy.ts'
import { fetchWhole, type WholeAnswer } from './whole-answer.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query below the server's URL; starts with a slash. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  readonly signal?: AbortSignal
}

export type HttpStream = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>

/** HTTP to one API server with the credentials of one user. */
export interface Transport {
  /** Rejects where there is no answer; every status is an answer. */
  send(request: HttpRequest): Promise<WholeAnswer>
  /**
   * The answer of a watch or a log as it comes. Streams have their own connections and never wait for one; without a piece of
   * the body for `silence` milliseconds one counts as dead.
   */
  stream(request: HttpRequest, silence: number): Promise<HttpStream>
  /** Ends all requests, also those in flight. */
  close(): Promise<void>
}

export interface TransportOptions {
  /** Connections for requests; streams come on top. 64 when left out. */
  readonly connections?: number
  readonly clock?: Clock
  readonly env?: NodeJS.ProcessEnv
  readonly userAgent?: string
}

interface Lines {
  readonly requests: Dispatcher
  readonly streams: Dispatcher
}

/**
 * Opens nothing yet: connections are made by the first request, kept alive, and made anew when a client certificate changes.
 * HTTP/1.1 only: with HTTP/2 a single stalled connection would hold up every watch.
 */
export function openTransport(connection: Connection, options: TransportOptions = {}): Transport {
  const { clock = systemClock, env = process.env, userAgent = 'lockstep' } = options
  const { origin, pathname } = new URL(connection.server)
  const prefix = pathname.replace(/\/+$/, '')
  const credentials = openCredentials(connection, clock, env)
  const proxy = connection.proxy ?? proxyFromEnvironment(connection.server, env)
  let lines: { readonly credential: Credential; readonly open: Lines } | undefined
  let closed = false

  function linesFor(credential: Credential): Lines {
    if (lines !== undefined && isSameTls(lines.credential, credential)) return lines.open
    if (lines !== undefined) {
      void lines.open.requests.close()
      void lines.open.streams.close()
    }
    const tls = tlsOptions(connection, credential)
    const open = {
      requests: openPool(origin, proxy, tls, options.connections ?? 64),
      streams: openPool(origin, proxy, tls, null),
    }
    lines = { credential, open }
    return open
  }

  /** The connections as they are now, and the request with the credentials of now. */
  async function prepare(request: HttpRequest) {
    const credential = await credentials.current()
    if (closed) throw new Error('the client is closed')
    const headers: Record<string, string | string[]> = { 'user-agent': userAgent }
    if (credential.authorization !== undefined) headers['authorization'] = credential.authorization
    for (const [name, value] of Object.entries(request.headers ?? {}))
      headers[name] = typeof value === 'string' ? value : [...value]
    const { method, path, body = null } = request
    return { ...linesFor(credential), options: { origin, method, path: prefix + path, headers, body } }
  }

  async function send(request: HttpRequest): Promise<WholeAnswer> {
    const { requests, options } = await prepare(request)
    return fetchWhole(requests, options, request.signal)
  }

  async function stream(request: HttpRequest, bodyTimeout: number): Promise<HttpStream> {
    const { streams, options } = await prepare(request)
    return streams.request({ ...options, bodyTimeout, signal: request.signal ?? null })
  }

  return {
    async send(request) {
      const answer = await send(request)
      return answer.statusCode === 401 && credentials.refused() ? send(request) : answer
    },
    async stream(request, silence) {
      const response = await stream(request, silence)
      if (response.statusCode !== 401 || !credentials.refused()) return response
      await response.body.dump()
      return stream(request, silence)
    },
    async close() {
      closed = true
      await Promise.all([lines?.open.requests.destroy(), lines?.open.streams.destroy()])
    },
  }
}

function isSameTls(a: Credential, b: Credential): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key
}

function tlsOptions(connection: Connection, { ca, cert, key }: Credential) {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(connection.serverName !== undefined && { servername: connection.serverName }),
    ...(connection.insecure && { rejectUnauthorized: false }),
    allowH2: false,
    keepAliveInitialDelay: 15_000,
    timeout: 10_000,
  }
}

function openPool(
  origin: string,
  proxy: string | undefined,
  tls: ReturnType<typeof tlsOptions>,
  connections: number | null,
): Dispatcher {
  // A server may take its time for a write through slow webhooks: its own limit for a request is 60 s.
  const common = { connections, allowH2: false, headersTimeout: 70_000, bodyTimeout: 70_000, keepAliveTimeout: 30_000 }
  if (proxy === undefined) return new Pool(origin, { ...common, connect: tls })
  const url = new URL(proxy)
  if (url.protocol === 'socks5:' || url.protocol === 'socks5h:')
    return new Socks5ProxyAgent(`socks5://${url.host}`, {
      ...common,
      requestTls: tls,
      ...(url.username !== '' && {
        username: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
      }),
    })
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    const token = `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`
    return new ProxyAgent({
      ...common,
      uri: `${url.protocol}//${url.host}`,
      requestTls: tls,
      ...(url.username !== '' && { token }),
    })
  }
  throw new DiagnosticError([
    {
      severity: 'error',
      code: 'proxy-url',
      message: `the proxy's scheme ${url.protocol} is not supported`,
      hint: 'use http, https or socks5',
    },
  ])
}
