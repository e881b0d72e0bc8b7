import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the server does wrong until told otherwise. `count` faults happen, then it is well again. */
export interface GitServerFault {
  readonly kind: 'status' | 'hang' | 'cut'
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly count?: number
  /** Only requests whose path and query contain this. */
  readonly on?: string
}

/** `null` removes a file; `{ symlink }`, `{ executable }` and `{ submodule }` say what a plain text cannot. */
export type CommitFiles = Readonly<
  Record<
    string,
    | string
    | Uint8Array
    | null
    | { readonly symlink: string }
    | { readonly executable: string }
    | { readonly submodule: string }
  >
>

export interface CommitOptions {
  readonly message?: string
  readonly branch?: string
  /** Continue from here instead of from the branch: makes the push a force-push. */
  readonly from?: string
  readonly date?: string
}

export interface GitServer {
  /** `http(s)://127.0.0.1:<port>`. */
  readonly url: string
  /** Requests as `METHOD /path?query`, in order of arrival. */
  readonly requests: string[]
  /** Highest number of requests that were open at once. */
  readonly mostAtOnce: number
  /** Makes an empty bare repository; gives its URL. */
  create(name: string): Promise<string>
  /** Commits files on a branch (default `main`) without a working tree; gives the commit. */
  commit(name: string, files: CommitFiles, options?: CommitOptions): Promise<string>
  /** Runs git in the bare repository; gives stdout. */
  git(name: string, ...args: string[]): Promise<string>
  /** Where the bare repository lies, for `file://` and SSH. */
  folder(name: string): string
  fault(fault: GitServerFault | undefined): void
  /** Anonymous requests get 401 from now on; the header must be one of these. None: everybody may read again. */
  requireAuthorization(...values: string[]): void
  /** Closes the port; the address stays and refuses connections. */
  down(): Promise<void>
  /** Opens the same port again. */
  up(): Promise<void>
  close(): Promise<void>
}

export interface GitServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string; readonly requestCert?: boolean }
  /** Answers like servers before Git 2.18: no protocol version 2. */
  readonly oldProtocol?: boolean
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada Author',
  GIT_AUTHOR_EMAIL: 'ada@example.test',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.test',
}

/** A real Git server over smart HTTP: `git http-backend` behind `node:http`, with faults on demand. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(path.join(tmpdir(), 'lockstep-git-server-'))
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    ...identity,
  }
  const requests: string[] = []
  const children = new Set<ChildProcess>()
  const hanging = new Set<ServerResponse>()
  let fault: { spec: GitServerFault; left: number } | undefined
  let accepted: readonly string[] | undefined
  let open = 0
  let mostAtOnce = 0
  let clock = 1_767_225_600

  const handler = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`)
    mostAtOnce = Math.max(mostAtOnce, ++open)
    response.on('close', () => open--)
    if (fault !== undefined && fault.left > 0 && (request.url ?? '').includes(fault.spec.on ?? '')) {
      fault.left--
      const { kind, status = 500, headers = {}, body = '' } = fault.spec
      if (kind === 'hang') hanging.add(response)
      else if (kind === 'cut') request.socket.destroy()
      else response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body)
      return
    }
    if (accepted !== undefined && !accepted.includes(request.headers.authorization ?? '')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const [pathname = '', query = ''] = (request.url ?? '').split('?')
    const child = spawn('git', ['http-backend'], {
      env: {
        ...env,
        REQUEST_METHOD: request.method ?? 'GET',
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        REMOTE_ADDR: '127.0.0.1',
        REMOTE_USER: 'tester',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        ...(options.oldProtocol ? {} : { GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '') }),
      },
    })
    children.add(child)
    child.on('close', () => children.delete(child))
    request.pipe(child.stdin)
    child.stdin.on('error', () => {})
    let head = Buffer.alloc(0)
    let started = false
    child.stdout.on('data', (chunk: Buffer) => {
      if (started) return void response.write(chunk)
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      started = true
      for (const line of head.toString('latin1', 0, end).split('\r\n')) {
        const [name = '', value = ''] = line.split(/:\s*/, 2)
        if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
        else response.setHeader(name, value)
      }
      response.write(head.subarray(end + 4))
    })
    child.stdout.on('end', () => response.end())
  }

  const make = () => (options.tls === undefined ? createServer(handler) : createTlsServer({ ...options.tls }, handler))
  let server = make()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const folder = (name: string) => path.join(root, `${name}.git`)
  const git = async (name: string, args: readonly string[], extra: Record<string, string> = {}, input = '') => {
    const child = run('git', [...args], {
      cwd: folder(name),
      env: { ...env, GIT_DIR: folder(name), ...extra },
      maxBuffer: 1 << 28,
    })
    // Most commands end without reading their input.
    child.child.stdin?.on('error', () => {}).end(input)
    return (await child).stdout.trim()
  }

  async function stopServer(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  const api: GitServer = {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get mostAtOnce() {
      return mostAtOnce
    },
    folder,
    async create(name) {
      await mkdir(path.dirname(folder(name)), { recursive: true })
      await run('git', ['init', '-q', '--bare', '--initial-branch=main', folder(name)], { env })
      await git(name, ['config', 'http.receivepack', 'true'])
      return `${api.url}/${name}.git`
    },
    async commit(name, files, { message = 'change', branch = 'main', from, date } = {}) {
      const index = path.join(root, `index-${process.pid}-${Math.random().toString(36).slice(2)}`)
      const extra = { GIT_INDEX_FILE: index }
      const parent = from ?? (await git(name, ['rev-parse', '-q', '--verify', `refs/heads/${branch}`]).catch(() => ''))
      if (parent !== '') await git(name, ['read-tree', parent], extra)
      const lines: string[] = []
      const blobs: { readonly file: string; readonly mode: string; readonly path: string }[] = []
      const folderOfBlobs = await mkdtemp(path.join(root, 'blobs-'))
      for (const [file, content] of Object.entries(files)) {
        if (content === null) {
          lines.push(`0 ${'0'.repeat(40)}\t${file}`)
          continue
        }
        if (typeof content === 'object' && 'submodule' in content) {
          lines.push(`160000 ${content.submodule}\t${file}`)
          continue
        }
        const plain = typeof content === 'string' || content instanceof Uint8Array
        const mode = plain ? '100644' : 'symlink' in content ? '120000' : '100755'
        const blob = path.join(folderOfBlobs, String(blobs.length))
        await writeFile(blob, plain ? content : 'symlink' in content ? content.symlink : content.executable)
        blobs.push({ file, mode, path: blob })
      }
      const hashed =
        blobs.length === 0
          ? ''
          : await git(name, ['hash-object', '-w', '--stdin-paths'], {}, blobs.map(each => `${each.path}\n`).join(''))
      const hashes = hashed.split('\n')
      lines.push(...blobs.map(({ file, mode }, index) => `${mode} ${hashes[index]}\t${file}`))
      await git(name, ['update-index', '--index-info'], extra, `${lines.join('\n')}\n`)
      const tree = await git(name, ['write-tree'], extra)
      const when = date ?? `@${clock++} +0000`
      const dates = { GIT_AUTHOR_DATE: when, GIT_COMMITTER_DATE: when }
      const parents = parent === '' ? [] : ['-p', parent]
      const sha = await git(name, ['commit-tree', tree, ...parents, '-m', message], dates)
      await git(name, ['update-ref', `refs/heads/${branch}`, sha])
      await rm(index, { force: true })
      await rm(folderOfBlobs, { recursive: true, force: true })
      return sha
    },
    git: (name, ...args) => git(name, args),
    fault(spec) {
      fault = spec === undefined ? undefined : { spec, left: spec.count ?? Number.POSITIVE_INFINITY }
      if (spec === undefined) for (const response of hanging) response.destroy()
    },
    requireAuthorization(...values) {
      accepted = values.length === 0 ? undefined : values
    },
    down: stopServer,
    async up() {
      server = make()
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async close() {
      for (const response of hanging) response.destroy()
      if (server.listening) await stopServer()
      for (const child of children) child.kill('SIGKILL')
      await rm(root, { recursive: true, force: true })
    },
  }
  return api
}
