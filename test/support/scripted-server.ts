import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server that does to a client what real ones do only sometimes. */
export interface ScriptedServer {
  readonly url: string
  /** `METHOD /path?query` of everything that was asked. */
  readonly log: readonly string[]
  /** Answers requests that match with each of the answers in turn, and the last one for ever. Later rules go first. */
  on(match: string | RegExp, ...answers: readonly Answer[]): void
  stop(): Promise<void>
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const rules: { match: string | RegExp; answers: Answer[] }[] = []
  const log: string[] = []
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`
    log.push(line)
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const rule = rules.find(({ match }) => (typeof match === 'string' ? line === match : match.test(line)))
      const answer = rule === undefined || rule.answers.length > 1 ? rule?.answers.shift() : rule.answers[0]
      ;(answer ?? status(404, 'NotFound', `nothing at ${line}`))(request, response, Buffer.concat(chunks).toString())
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    on(match, ...answers) {
      rules.unshift({ match, answers: [...answers] })
    },
    stop() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

export function json(value: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }
}

export function status(code: number, reason: string, message: string, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers })
    response.end(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Status',
        status: 'Failure',
        code,
        reason,
        message,
        details: { name: 'x' },
      }),
    )
  }
}

/** Cuts the connection before an answer, or after the beginning of one. */
export function cut(beginning?: string): Answer {
  return (_request, response) => {
    if (beginning === undefined) {
      response.socket?.destroy()
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(beginning, () => response.socket?.destroy())
  }
}

/** Pieces of a body, then the end. */
export function pieces(...texts: readonly string[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    for (const text of texts) response.write(text)
    response.end()
  }
}

/** Pieces of a body, and then nothing for as long as the client waits. */
export function hang(...texts: readonly string[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    for (const text of texts) response.write(text)
  }
}

/** Discovery of ConfigMaps in `v1`, all that most scripts need. */
export function serveConfigMaps(server: ScriptedServer): void {
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']
  server.on('GET /api', json({ kind: 'APIVersions', versions: ['v1'] }))
  server.on('GET /apis', json({ kind: 'APIGroupList', groups: [] }))
  server.on(
    'GET /api/v1',
    json({
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs }],
    }),
  )
}
