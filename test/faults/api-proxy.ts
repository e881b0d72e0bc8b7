import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issue } from '../../src/sandbox/pki/certificate.ts'

/** One request that came to the proxy. */
export interface ProxiedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly isWatch: boolean
}

/** What happens to a request instead of what it asked for; `lost`: it is carried out, and its answer never comes. */
export type ApiFault =
  | { readonly kind: 'answer'; readonly status: 429 | 500 | 503; readonly retryAfter?: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'slow'; readonly milliseconds: number }

/** Stands between one engine and the API server. */
export interface ApiProxy {
  readonly url: string
  /** Of its own authority, PEM. */
  readonly ca: string
  /** Everything that was asked so far, in order. */
  readonly requests: readonly ProxiedRequest[]
  /** Watches that the server ended because their version is too old (410). */
  readonly expired: number
  /** Decides over each request as it comes; undefined lets it through. */
  fault(decide: ((request: ProxiedRequest) => ApiFault | undefined) | undefined): void
  /** Breaks every watch that is open; gives their number. */
  cutWatches(): number
  /** Resolves with the next request that fits, as it comes and before it goes on. */
  next(fits: (request: ProxiedRequest) => boolean): Promise<ProxiedRequest>
  /** Resolves when nothing but the lease and new watches was asked for so long; rejects when that does not come. */
  quiet(milliseconds: number, deadlineMs: number): Promise<void>
  close(): void
}

const SENTENCES = { 429: 'too many requests', 500: 'etcdserver: request timed out', 503: 'the server is shutting down' }
const REASONS = { 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable' }

/** Requests that an engine makes even when there is nothing to do. */
export function isUpkeep({ isWatch, path }: ProxiedRequest): boolean {
  return isWatch || path.startsWith('/apis/coordination.k8s.io/')
}

function refuse(response: ServerResponse, status: 429 | 500 | 503, retryAfter: number | undefined): void {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  }
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status }
  response
    .writeHead(status, headers)
    .end(JSON.stringify({ ...body, reason: REASONS[status], message: SENTENCES[status] }))
}

/** Starts a proxy in front of an API server whose authority is in `caFile`. Tokens pass through it. */
export async function startApiProxy(server: { readonly url: string; readonly caFile: string }): Promise<ApiProxy> {
  const agent = new Agent({ keepAlive: true, ca: await readFile(server.caFile) })
  const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) }
  const authority = issue({ name: { commonName: 'proxy-authority' }, use: 'authority', ...validity })
  const own = issue({ name: { commonName: 'proxy' }, use: 'server', hosts: ['127.0.0.1'], ...validity }, authority)
  const requests: ProxiedRequest[] = []
  const watches = new Set<ServerResponse>()
  const listeners = new Set<(request: ProxiedRequest) => void>()
  let decide: ((request: ProxiedRequest) => ApiFault | undefined) | undefined
  let expired = 0

  /** `body` is what the client sends; the answer goes to `response`, or nowhere where that is undefined. */
  function forward(
    incoming: IncomingMessage,
    body: Buffer,
    seen: ProxiedRequest,
    response: ServerResponse,
    lose: boolean,
  ) {
    const { host: _, ...headers } = incoming.headers
    const onward = httpsRequest(`${server.url}${seen.path}`, { method: seen.method, headers, agent }, answer => {
      if (lose) return void answer.resume().on('end', () => response.destroy())
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (seen.isWatch) {
        watches.add(response)
        if (answer.statusCode === 410) expired++
        answer.on('data', (part: Buffer) => {
          if (part.includes('"code":410')) expired++
        })
      }
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => {
      watches.delete(response)
      if (!lose) onward.destroy()
    })
    onward.end(body)
  }

  const front = createServer({ key: own.key, cert: own.certificate }, (incoming, response) => {
    const { method = '', url: path = '' } = incoming
    const seen: ProxiedRequest = { method, path, isWatch: /[?&]watch=true/.test(path) }
    requests.push(seen)
    const parts: Buffer[] = []
    incoming.on('data', part => parts.push(part))
    incoming.on('error', () => response.destroy())
    incoming.on('end', () => {
      for (const listener of listeners) listener(seen)
      const fault = decide?.(seen)
      const pass = (lose: boolean) => forward(incoming, Buffer.concat(parts), seen, response, lose)
      if (fault?.kind === 'answer') refuse(response, fault.status, fault.retryAfter)
      else if (fault?.kind === 'reset') incoming.socket.destroy()
      else if (fault?.kind === 'slow') setTimeout(pass, fault.milliseconds, false)
      else pass(fault?.kind === 'lost')
    })
  })
  front.on('clientError', (_, socket) => void socket.destroy())
  front.on('tlsClientError', () => {})
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')

  return {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    ca: authority.certificate,
    requests,
    get expired() {
      return expired
    },
    fault(next) {
      decide = next
    },
    cutWatches() {
      const open = [...watches]
      for (const watch of open) watch.destroy()
      return open.length
    },
    next(fits) {
      return new Promise(resolve => {
        const listener = (request: ProxiedRequest) => {
          if (!fits(request)) return
          listeners.delete(listener)
          resolve(request)
        }
        listeners.add(listener)
      })
    },
    quiet(milliseconds, deadlineMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      let calm = setTimeout(resolve, milliseconds)
      const listener = (request: ProxiedRequest) => {
        if (isUpkeep(request)) return
        clearTimeout(calm)
        calm = setTimeout(resolve, milliseconds)
      }
      listeners.add(listener)
      const late = setTimeout(() => {
        const last = requests.filter(each => !isUpkeep(each)).slice(-20)
        const lines = last.map(({ method, path }) => `${method} ${path}`)
        reject(new Error(`the engine does not come to rest; it asked last:\n  ${lines.join('\n  ')}`))
      }, deadlineMs)
      return promise.finally(() => {
        clearTimeout(calm)
        clearTimeout(late)
        listeners.delete(listener)
      })
    },
    close() {
      front.close()
      front.closeAllConnections()
      agent.destroy()
    },
  }
}
