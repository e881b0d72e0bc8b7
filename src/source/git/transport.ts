import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { authorization, type GitCredentials } from './credentials.ts'
import { RemoteError } from './failure.ts'
import { configVariables, type GitEnvironment, quote } from './git-environment.ts'
import { GitError, runGit } from './git-process.ts'
import { systemCertificates } from './http-dispatcher.ts'
import { type HttpRefs, httpRefs } from './http-refs.ts'
import { collectRefs, type RemoteRefs } from './remote-refs.ts'

export interface CallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** One remote with one set of credentials. Faults reject with `RemoteError`. */
export interface Transport {
  /** Refs that have one of the prefixes; all where there are none. */
  list(prefixes: readonly string[], options: CallOptions): Promise<RemoteRefs>
  /** Runs `git fetch` with the given options and refspecs in a bare repository. */
  fetch(gitDir: string, args: readonly string[], refspecs: readonly string[], options: CallOptions): Promise<void>
  close(): Promise<void>
}

/** `url` is http(s)://, ssh://, or, where local ones are allowed, file:// or a path; without user information except for SSH. */
export async function openTransport(git: GitEnvironment, url: string, credentials: GitCredentials): Promise<Transport> {
  const http = /^https?:/.test(url) ? await httpRefs(url, credentials) : undefined
  return {
    async list(prefixes, options) {
      if (http === undefined) return listByGit(git, url, credentials, prefixes, options)
      const timeout = AbortSignal.timeout(options.timeoutMs)
      return http.list(prefixes, {
        signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
      })
    },
    async fetch(gitDir, args, refspecs, options) {
      await withAccess(git, url, credentials, http, async ({ target, env }) => {
        const command = ['fetch', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--force']
        await explained(url, () =>
          runGit({
            args: [...command, ...args, '--', target, ...refspecs],
            cwd: gitDir,
            env: { ...env, GIT_DIR: gitDir },
            ...options,
          }),
        )
      })
    },
    close: async () => http?.close(),
  }
}

async function listByGit(
  git: GitEnvironment,
  url: string,
  credentials: GitCredentials,
  prefixes: readonly string[],
  options: CallOptions,
): Promise<RemoteRefs> {
  const patterns = prefixes.flatMap(prefix => (prefix.endsWith('/') ? [`${prefix}*`] : [prefix, `${prefix}^{}`]))
  const output = await withAccess(git, url, credentials, undefined, ({ target, env }) =>
    explained(url, () => runGit({ args: ['ls-remote', '--', target, ...patterns], cwd: '/', env, ...options })),
  )
  const pairs = output.stdout
    .toString()
    .split('\n')
    .filter(line => /^[0-9a-f]{40}\t/.test(line))
    .map(line => [line.slice(0, 40), line.slice(41)] as const)
  return collectRefs(pairs)
}

interface Access {
  readonly target: string
  readonly env: Readonly<Record<string, string>>
}

/** Lends git what it needs to reach the remote: settings by the environment, keys as private files that are gone afterwards. */
async function withAccess<T>(
  git: GitEnvironment,
  url: string,
  credentials: GitCredentials,
  http: HttpRefs | undefined,
  use: (access: Access) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-git-'))
  const secret = async (name: string, text: string, mode = 0o600) => {
    const file = path.join(folder, name)
    await writeFile(file, text.endsWith('\n') ? text : `${text}\n`, { mode })
    return file
  }
  try {
    if (http !== undefined) return await use(await httpAccess(git, url, credentials, http, secret))
    if (url.startsWith('ssh:')) return await use({ target: url, env: await sshVariables(git, credentials, secret) })
    const env = { ...git.base, ...configVariables(git, [['protocol.file.allow', 'always']]) }
    return await use({ target: url, env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type WriteSecret = (name: string, text: string, mode?: number) => Promise<string>

async function httpAccess(
  git: GitEnvironment,
  url: string,
  credentials: GitCredentials,
  http: HttpRefs,
  secret: WriteSecret,
): Promise<Access> {
  const { ca, clientCert, clientKey, proxy } = credentials
  const config: (readonly [string, string])[] = []
  const auth = authorization(credentials)
  if (auth !== undefined && new URL(http.base).origin === new URL(url).origin)
    config.push(['http.extraHeader', `Authorization: ${auth}`])
  if (ca !== undefined)
    config.push(['http.sslCAInfo', await secret('ca.crt', [...systemCertificates(), ca].join('\n'))])
  if (clientCert !== undefined) config.push(['http.sslCert', await secret('tls.crt', clientCert)])
  if (clientKey !== undefined) config.push(['http.sslKey', await secret('tls.key', clientKey)])
  if (proxy !== undefined) {
    const address = new URL(proxy.address)
    if (proxy.username !== undefined) address.username = encodeURIComponent(proxy.username)
    if (proxy.password !== undefined) address.password = encodeURIComponent(proxy.password)
    config.push(['http.proxy', address.href], ['http.proxyAuthMethod', 'basic'])
  }
  return { target: http.base, env: { ...git.base, ...configVariables(git, config) } }
}

/** The host key must be one of `knownHosts`; no key, agent or question other than ours. */
async function sshVariables(
  git: GitEnvironment,
  credentials: GitCredentials,
  secret: WriteSecret,
): Promise<Record<string, string>> {
  const { identity = '', knownHosts = '', password } = credentials
  const options = {
    UserKnownHostsFile: await secret('known_hosts', knownHosts),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    NumberOfPasswordPrompts: '1',
    ControlMaster: 'no',
    ClearAllForwardings: 'yes',
    ...(password === undefined ? { BatchMode: 'yes' } : {}),
  }
  const key = await secret('identity', identity)
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const askPass =
    password === undefined
      ? {}
      : {
          SSH_ASKPASS: await secret('askpass', '#!/bin/sh\nprintf "%s\\n" "$LOCKSTEP_PASSPHRASE"', 0o700),
          SSH_ASKPASS_REQUIRE: 'force',
          DISPLAY: ':0',
          LOCKSTEP_PASSPHRASE: password,
        }
  const command = ['ssh', '-F', '/dev/null', '-T', '-i', key, ...words]
  return { ...git.base, GIT_SSH_COMMAND: command.map(quote).join(' '), GIT_SSH_VARIANT: 'ssh', ...askPass }
}

async function explained<T>(url: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof GitError ? explainGitError(url, error) : error
  }
}

/** What git and ssh write on stderr, in the words that Flux has for the same fault. Other errors are handed on. */
export function explainGitError(url: string, error: GitError): Error {
  const { stderr } = error
  const host = /^[a-z+]+:\/\/([^/]+)/i.exec(url)?.[1] ?? url
  if (error.kind === 'timeout') return new RemoteError('timeout', 'context deadline exceeded')
  if (error.kind !== 'exit') return error
  if (/Permission denied|Load key .*(incorrect|invalid|libcrypto)|authentication failures/i.test(stderr))
    return new RemoteError(
      'authentication',
      'ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
    )
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(stderr))
    return new RemoteError('authentication', 'ssh: handshake failed: knownhosts: key mismatch')
  if (/Host key verification failed|No .* host key is known/.test(stderr))
    return new RemoteError('authentication', 'ssh: handshake failed: knownhosts: key is unknown')
  if (/Could not resolve host/i.test(stderr))
    return new RemoteError('unreachable', `dial tcp: lookup ${host}: no such host`)
  if (/Connection refused|Failed to connect/i.test(stderr))
    return new RemoteError('unreachable', `dial tcp ${host}: connect: connection refused`)
  if (/timed out/i.test(stderr)) return new RemoteError('timeout', `dial tcp ${host}: i/o timeout`)
  const status = /requested URL returned error: (\d+)/.exec(stderr)?.[1]
  if (status === '401' || /Authentication failed|could not read Username/.test(stderr))
    return new RemoteError('authentication', 'authentication required: ')
  if (status === '403') return new RemoteError('forbidden', 'authorization failed: ')
  if (status === '429') return new RemoteError('rate-limited', `unexpected client error: status code: ${status}`, 60)
  if (status === '404' || /repository .*not (found|exist)|does not appear to be a git repository/i.test(stderr))
    return new RemoteError('not-found', 'repository not found: ')
  if (status !== undefined)
    return new RemoteError('server', `unexpected client error: unexpected requesting "${url}" status code: ${status}`)
  if (/early EOF|hung up unexpectedly|Connection (reset|closed)|RPC failed|disconnect/i.test(stderr))
    return new RemoteError('unreachable', lastLine(stderr))
  return error
}

function lastLine(text: string): string {
  return (text.split('\n').findLast(line => line.trim() !== '') ?? text).replace(/^(fatal|error): /, '')
}
