import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface GitHttpOptions {
  /** Folder that holds the bare repositories; `/<name>.git/…` is served from `<root>/<name>.git`. */
  readonly root: string
  /** 0 takes a free port. */
  readonly port?: number
  /** Called after a push has been taken in, with the name of the repository (`<name>.git`). */
  onPush?(repository: string): void
  /** Answers instead of Git where it returns a status; for tests that need a failing host. */
  fault?(request: IncomingMessage): { readonly status: number; readonly headers?: Record<string, string> } | undefined
}

export interface GitHttpServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

function cgiEnvironment(request: IncomingMessage, url: URL, root: string): NodeJS.ProcessEnv {
  const header = (name: string) => request.headers[name]?.toString() ?? ''
  return {
    PATH: process.env['PATH'],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'http.receivepack',
    GIT_CONFIG_VALUE_0: 'true',
    GIT_CONFIG_KEY_1: 'safe.directory',
    GIT_CONFIG_VALUE_1: '*',
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROJECT_ROOT: root,
    GIT_PROTOCOL: header('git-protocol'),
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_USER: 'local',
  }
}

/** Splits the head off a CGI answer; undefined while it is not complete. */
function readHead(bytes: Buffer): { status: number; headers: [string, string][]; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const headers = bytes
    .toString('latin1', 0, end)
    .split('\r\n')
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  const status = headers.find(([name]) => name.toLowerCase() === 'status')
  return {
    status: status === undefined ? 200 : Number.parseInt(status[1], 10),
    headers: headers.filter(([name]) => name.toLowerCase() !== 'status'),
    rest: bytes.subarray(end + 4),
  }
}

function runBackend(request: IncomingMessage, response: ServerResponse, url: URL, root: string): Promise<void> {
  const child = spawn('git', ['http-backend'], {
    env: cgiEnvironment(request, url, root),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => request.unpipe())
  let head: Buffer | undefined = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) return void response.write(chunk)
    head = Buffer.concat([head, chunk])
    const parsed = readHead(head)
    if (parsed === undefined) return
    head = undefined
    response.writeHead(parsed.status, Object.fromEntries(parsed.headers))
    response.write(parsed.rest)
  })
  response.on('close', () => child.kill())
  return new Promise(resolve => {
    child.on('error', () => {
      if (!response.headersSent) response.writeHead(500)
      response.end('git could not be started: is it installed and on PATH?\n', () => resolve())
    })
    child.on('close', () => response.end(() => resolve()))
  })
}

/**
 * Serves bare repositories on the loopback interface over Git's smart HTTP protocol, by `git http-backend`. There is no
 * authentication: requests that name another host, as a page in a browser could make them, are refused.
 */
export async function serveGit({ root, port = 0, onPush, fault }: GitHttpOptions): Promise<GitHttpServer> {
  const server = createServer((request, response) => {
    if (!LOOPBACK.test(request.headers.host ?? '')) return void response.writeHead(403).end()
    const failure = fault?.(request)
    if (failure !== undefined) return void response.writeHead(failure.status, failure.headers).end()
    const url = new URL(request.url ?? '/', 'http://localhost')
    void runBackend(request, response, url, root).then(() => {
      if (request.method === 'POST' && url.pathname.endsWith('/git-receive-pack'))
        onPush?.(url.pathname.split('/')[1] ?? '')
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
