import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CloudHttp, cloudHttp } from '../../src/cloud/http.ts'
import type { Cloud, Workload } from '../../src/cloud/workload.ts'
import { type Expiring, expiringCache } from '../../src/manifest/expiring.ts'

/** A request as a provider gets it. */
export interface CloudCall {
  readonly method: string
  /** As it was asked for, host included. */
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a provider answers: a status with a body, JSON unless it is a text. */
export type CloudScript = (call: CloudCall) => readonly [status: number, body: unknown] | undefined

/** An HTTP server that stands for every provider's host, and the world of one who asks it. */
export interface ScriptedCloud {
  readonly cloud: Cloud
  /** Milliseconds since 1970; tests move it. */
  time: number
  /** `METHOD host/path` of what was asked. */
  readonly log: readonly string[]
  /** A service account whose tokens say who it is, what they are for, and when they were made. */
  workload(annotations?: Readonly<Record<string, string>>): Workload
  stop(): Promise<void>
}

export async function startScriptedCloud(script: CloudScript, env: NodeJS.ProcessEnv = {}): Promise<ScriptedCloud> {
  const log: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(String(request.headers['x-asked-for']))
    log.push(`${request.method} ${url.host}${url.pathname}`)
    const call = { method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks).toString() }
    const [status, body] = script(call) ?? [404, { message: `nothing at ${url}` }]
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = cloudHttp({})
  const http: CloudHttp = request =>
    send({ ...request, url: base, headers: { ...request.headers, 'x-asked-for': request.url } })
  const scripted: ScriptedCloud = {
    time: Date.UTC(2026, 0, 1),
    log,
    cloud: {
      http,
      env,
      now: () => scripted.time,
      cache: expiringCache(() => scripted.time),
      self: async () => undefined,
    },
    workload: (annotations: Readonly<Record<string, string>> = {}): Workload => ({
      namespace: 'team',
      name: 'deployer',
      annotations,
      token: async (audiences): Promise<Expiring<string>> => ({
        value: `jwt of team/deployer for ${audiences} at ${scripted.time}`,
        expires: scripted.time + 3_600_000,
      }),
    }),
    stop() {
      server.closeAllConnections()
      return new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
  return scripted
}
