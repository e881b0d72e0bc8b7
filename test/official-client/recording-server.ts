import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Identity, issue } from '../../src/sandbox/pki/certificate.ts'

/** What arrived of one request, without what every HTTP library words in its own way. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string
  readonly contentType: string
  readonly impersonated: string
  /** The common name of the client's certificate; empty where it showed none. */
  readonly certificate: string
  /** JSON where it is JSON. */
  readonly body: unknown
}

/** An API server with TLS of a private authority that answers as told and remembers what it was asked. */
export interface RecordingServer {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string
  /** Its certificate is for 127.0.0.1 and `api.example.com`. */
  readonly authority: Identity
  /** Signed by the same authority. */
  readonly client: Identity
  /** What came since the last call, without discovery. */
  taken(): readonly Recorded[]
  /** The answer to everything but discovery, from now on. */
  answer(code: number, body: unknown, headers?: Readonly<Record<string, string>>): void
  stop(): Promise<void>
}

const DISCOVERY: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      {
        name: 'configmaps',
        kind: 'ConfigMap',
        namespaced: true,
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      },
    ],
  },
}

export async function startRecordingServer(): Promise<RecordingServer> {
  const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) }
  const authority = issue({ name: { commonName: 'authority' }, use: 'authority', ...validity })
  const hosts = ['127.0.0.1', 'api.example.com']
  const identity = issue({ name: { commonName: 'server' }, use: 'server', hosts, ...validity }, authority)
  const client = issue({ name: { commonName: 'jane' }, use: 'client', ...validity }, authority)
  let answer = { code: 200, text: '{}', headers: {} as Readonly<Record<string, string>> }
  let taken: Recorded[] = []
  const tls = { key: identity.key, cert: identity.certificate, ca: authority.certificate }
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const url = new URL(request.url ?? '', 'https://server')
    const known = request.method === 'GET' ? DISCOVERY[url.pathname] : undefined
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      if (known !== undefined) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(known))
        return
      }
      taken.push({
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries([...url.searchParams].toSorted(([a], [b]) => (a < b ? -1 : 1))),
        authorization: request.headers.authorization ?? '',
        contentType: request.headers['content-type']?.replace(/; ?charset=.*/i, '') ?? '',
        impersonated: impersonation(request.headers),
        certificate: String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? ''),
        body: parsed(Buffer.concat(chunks).toString()),
      })
      response.writeHead(answer.code, { 'content-type': 'application/json', ...answer.headers }).end(answer.text)
    })
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    client,
    taken() {
      const result = taken
      taken = []
      return result
    },
    answer(code, body, headers = {}) {
      answer = { code, text: typeof body === 'string' ? body : JSON.stringify(body), headers }
    },
    stop() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

function impersonation(headers: IncomingHttpHeaders): string {
  const told = Object.entries(headers).filter(([name]) => name.startsWith('impersonate-'))
  return told
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted()
    .join(', ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
