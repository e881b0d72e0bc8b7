import { type Dispatcher, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici'
import { type Clock, systemClock } from '../manifest/clock.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { Connection } from './connection.ts'
import { type Credential, openCredentials } from './credentials.ts'
import { proxyFromEnvironment } from './proxy.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query below the server's URL; starts with a slash. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  /** Streams (watches, logs) have their own connections and never wait for one. */
  readonly stream?: boolean
  /** Milliseconds between two pieces of the body before the connection counts as dead. */
  readonly bodyTimeout?: number
  readonly signal?: AbortSignal
}

export type HttpResponse = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>

/** HTTP to one API server with the credentials of one user. */
export interface Transport {
  /** Rejects where there is no answer; every status is an answer. */
  send(request: HttpRequest): Promise<HttpResponse>
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
  let lines: { readonly key: string; readonly open: Lines } | undefined
  let closed = false

  function linesFor(credential: Credential): Lines {
    const key = `${credential.ca}\0${credential.cert}\0${credential.key}`
    if (lines?.key === key) return lines.open
    if (lines !== undefined) {
      void lines.open.requests.close()
      void lines.open.streams.close()
    }
    const tls = tlsOptions(connection, credential)
    const open = {
      requests: openPool(origin, proxy, tls, options.connections ?? 64),
      streams: openPool(origin, proxy, tls, null),
    }
    lines = { key, open }
    return open
  }

  async function attempt(request: HttpRequest): Promise<HttpResponse> {
    const credential = await credentials.current()
    if (closed) throw new Error('the client is closed')
    const { requests, streams } = linesFor(credential)
    const headers: Record<string, string | string[]> = { 'user-agent': userAgent }
    if (credential.authorization !== undefined) headers['authorization'] = credential.authorization
    for (const [name, value] of Object.entries(request.headers ?? {}))
      headers[name] = typeof value === 'string' ? value : [...value]
    return (request.stream ? streams : requests).request({
      origin,
      method: request.method,
      path: prefix + request.path,
      headers,
      body: request.body ?? null,
      signal: request.signal ?? null,
      ...(request.bodyTimeout !== undefined && { bodyTimeout: request.bodyTimeout }),
    })
  }

  return {
    async send(request) {
      const response = await attempt(request)
      if (response.statusCode !== 401 || !credentials.refused()) return response
      await response.body.dump()
      return attempt(request)
    },
    async close() {
      closed = true
      await Promise.all([lines?.open.requests.destroy(), lines?.open.streams.destroy()])
    },
  }
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
