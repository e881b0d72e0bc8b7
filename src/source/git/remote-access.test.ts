import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startGitServer } from '../../../test/support/git-server.ts'
import { authFromSecret } from './auth-options.ts'
import type { GitCredentials } from './credentials.ts'
import type { SourceFailure } from './failure.ts'
import { type GitCheckout, type GitRequest, type GitSource, openGitSource } from './git-source.ts'

let folder: string
let source: GitSource
let clock = 0

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-access-'))
  source = await openGitSource({
    dataDir: path.join(folder, 'data'),
    elapsed: () => performance.now() + clock,
    random: () => 1,
  })
})

after(async () => {
  await source.close()
  await rm(folder, { recursive: true, force: true })
})

async function serverWith(
  t: { after(work: () => Promise<void>): void },
  options?: Parameters<typeof startGitServer>[0],
) {
  const server = await startGitServer(options)
  t.after(() => server.close())
  const url = await server.create('repo')
  const sha = await server.commit('repo', { a: '1' })
  return { server, url, sha }
}

const main = { ref: { branch: 'main' } }

async function fetched(request: GitRequest, credentials?: GitCredentials): Promise<GitCheckout> {
  const result = await source.fetch(request, credentials)
  assert.equal(result.status, 'fetched', JSON.stringify(result))
  return result as GitCheckout
}

async function failed(request: GitRequest, credentials?: GitCredentials): Promise<SourceFailure> {
  const result = await source.fetch(request, credentials)
  assert.equal(result.status, 'failed')
  return result as SourceFailure
}

function secret(url: string, data: Readonly<Record<string, string>>): GitCredentials {
  const auth = authFromSecret(url, data)
  assert.ok(auth.ok)
  return auth.credentials
}

test('user and password, a token, and both in the URL', async t => {
  const { server, url, sha } = await serverWith(t)
  const basic = `Basic ${Buffer.from('ada:s3cret!').toString('base64')}`
  server.requireAuthorization(basic, 'Bearer t0ken')
  assert.equal(
    (await fetched({ url, ...main }, secret(url, { username: 'ada', password: 's3cret!' }))).revision,
    `main@sha1:${sha}`,
  )
  await fetched({ url, ...main }, secret(url, { bearerToken: 't0ken' }))
  await fetched({ url: url.replace('//', '//ada:s3cret%21@'), ...main })
  const anonymous = await failed({ url, ...main })
  assert.equal(
    anonymous.message,
    `failed to checkout and determine revision: unable to clone '${url}': authentication required: `,
  )
  assert.match(anonymous.hint, /spec\.secretRef/)
})

test('passwords are in no message, file name or argument', async t => {
  const { server, url } = await serverWith(t)
  server.requireAuthorization('nobody')
  const withPassword = url.replace('//', '//ada:hunter2@')
  const failure = await failed({ url: withPassword, ...main })
  assert.doesNotMatch(JSON.stringify(failure), /hunter2/)
  const names = await readdir(path.join(folder, 'data'), { recursive: true })
  assert.doesNotMatch(names.join('\n'), /hunter2/)
})

test('what one may read with credentials is not there for others with the same URL', async t => {
  const { server, url } = await serverWith(t)
  server.requireAuthorization('Bearer a', 'Bearer b')
  const mirrors = async () => (await readdir(path.join(folder, 'data', 'mirrors'))).length
  const before = await mirrors()
  await fetched({ url, ...main }, { bearerToken: 'a' })
  await fetched({ url, ...main }, { bearerToken: 'b' })
  assert.equal(await mirrors(), before + 2)
  server.requireAuthorization('Bearer b')
  assert.match((await failed({ url, ...main }, { bearerToken: 'a' })).message, /authentication required/)
})

test('a host that says 429 is left alone for as long as it says, even when asked', async t => {
  const { server, url } = await serverWith(t)
  server.fault({ kind: 'status', status: 429, headers: { 'retry-after': '120' }, count: 1 })
  const first = await failed({ url, ...main })
  assert.equal(first.retryAfter, 120)
  assert.match(first.message, /status code: 429$/)
  const asked = server.requests.length
  const second = await failed({ url, ...main, force: true })
  assert.ok(second.retryAfter !== undefined && second.retryAfter > 100)
  assert.equal(server.requests.length, asked)
  clock += 121_000
  await fetched({ url, ...main })
})

test('a server in trouble is backed off from, and asked at once when somebody wants it', async t => {
  const { server, url } = await serverWith(t)
  server.fault({ kind: 'status', status: 503, count: 1 })
  const failure = await failed({ url, ...main })
  assert.match(failure.message, /unexpected client error: unexpected requesting ".*" status code: 503$/)
  const asked = server.requests.length
  await failed({ url, ...main })
  assert.equal(server.requests.length, asked)
  await fetched({ url, ...main, force: true })
})

test('a server that goes down and comes back', async t => {
  const { server, url } = await serverWith(t)
  await fetched({ url, ...main })
  const next = await server.commit('repo', { a: '2' })
  await server.down()
  assert.match((await failed({ url, ...main })).message, /connect: connection refused$|EOF$|connection reset by peer$/)
  await server.up()
  assert.equal((await fetched({ url, ...main, force: true })).revision, `main@sha1:${next}`)
})

test('a server that never answers, or stops in the middle, runs into the timeout', async t => {
  const { server, url } = await serverWith(t)
  server.fault({ kind: 'hang' })
  assert.match((await failed({ url, ...main, timeoutMs: 200 })).message, /context deadline exceeded$/)
  server.fault(undefined)
  await source.poll({ url, ...main, force: true })
  server.fault({ kind: 'hang', on: 'git-upload-pack' })
  assert.match((await failed({ url, ...main, timeoutMs: 300, force: true })).message, /context deadline exceeded$/)
  server.fault({ kind: 'cut', count: 1 })
  assert.equal((await failed({ url, ...main, force: true })).reason, 'GitOperationFailed')
})

test('polls of one remote share requests and never run side by side', async t => {
  const { server, url } = await serverWith(t)
  await source.poll({ url, ...main })
  const before = server.requests.length
  const polls = Array.from({ length: 50 }, (_, index) =>
    source.poll({ url, ref: index % 2 === 0 ? { branch: 'main' } : { semver: '*' } }),
  )
  await Promise.all(polls)
  assert.equal(server.mostAtOnce, 1)
  assert.ok(server.requests.length - before <= 4, `${server.requests.length - before} requests`)
})

test('a redirect is followed, and credentials stay with the host they are for', async t => {
  const { server, url, sha } = await serverWith(t)
  const seen: IncomingMessage[] = []
  const redirector = createServer((request, response) => {
    seen.push(request)
    response.writeHead(301, { location: `${server.url}${request.url?.replace('/old', '/repo')}` }).end()
  })
  redirector.listen(0, '127.0.0.1')
  await once(redirector, 'listening')
  t.after(async () => void redirector.close())
  const old = `http://127.0.0.1:${(redirector.address() as AddressInfo).port}/old.git`
  assert.equal((await fetched({ url: old, ...main }, { bearerToken: 'mine' })).revision, `main@sha1:${sha}`)
  assert.equal(seen[0]?.headers.authorization, 'Bearer mine')
  server.requireAuthorization('Bearer mine')
  assert.match((await failed({ url: old, ...main }, { bearerToken: 'mine' })).message, /authentication required/)
  await fetched({ url, ...main }, { bearerToken: 'mine' })
})

const tool = 'openssl'
const openssl = spawnSync(tool, ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false

test('TLS by a private CA, with a client certificate', { skip: !openssl && 'no openssl 3 here' }, async t => {
  const pem = await certificates(path.join(folder, 'tls'))
  const { url, sha } = await serverWith(t, {
    tls: { key: pem.serverKey, cert: pem.serverCert, ca: pem.ca, requestCert: true },
  })
  const unknown = await failed({ url, ...main })
  assert.match(unknown.message, /tls: failed to verify certificate: x509: certificate signed by unknown authority$/)
  const data = { 'ca.crt': pem.ca, 'tls.crt': pem.clientCert, 'tls.key': pem.clientKey }
  assert.equal((await fetched({ url, ...main }, secret(url, data))).revision, `main@sha1:${sha}`)
})

test('a proxy with a password', async t => {
  const { url, sha } = await serverWith(t)
  const seen: string[] = []
  const proxy = createServer((request, response) => {
    seen.push(request.headers['proxy-authorization'] ?? '')
    const target = new URL(request.url ?? '')
    const { host: _host, ...headers } = request.headers
    const onward = httpRequest(target, { method: request.method ?? 'GET', headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  proxy.on('connect', (request, socket) => {
    seen.push(request.headers['proxy-authorization'] ?? '')
    const [host = '', port = '80'] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => {})
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(async () => {
    proxy.close()
    proxy.closeAllConnections()
  })
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const checkout = await fetched({ url, ...main }, { proxy: { address, username: 'u', password: 'p w' } })
  assert.equal(checkout.revision, `main@sha1:${sha}`)
  assert.ok(seen.length >= 2)
  assert.deepEqual([...new Set(seen)], [`Basic ${Buffer.from('u:p w').toString('base64')}`])
})

test('submodules are fetched with the parent, from relative addresses too; credentials stay with their host', async t => {
  const { server, url } = await serverWith(t)
  await server.create('lib')
  const lib = await server.commit('lib', { 'lib.yaml': 'lib' })
  const modules = '[submodule "lib"]\n\tpath = vendor/lib\n\turl = ../lib.git\n'
  await server.commit('repo', { '.gitmodules': modules, 'vendor/other': 'x' })
  const index = `160000 ${lib}\tvendor/lib\n`
  execFileSync('git', ['read-tree', 'main'], { cwd: server.folder('repo') })
  execFileSync('git', ['update-index', '--index-info'], { cwd: server.folder('repo'), input: index })
  const tree = execFileSync('git', ['write-tree'], { cwd: server.folder('repo') })
    .toString()
    .trim()
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@b']
  const commit = await server.git('repo', ...who, 'commit-tree', tree, '-p', 'main', '-m', 'submodule')
  await server.git('repo', 'update-ref', 'refs/heads/main', commit)
  const without = await fetched({ url, ...main })
  assert.deepEqual(without.tree.list('vendor/lib'), [])
  const whole = await fetched({ url, ...main, recurseSubmodules: true })
  assert.equal(Buffer.from(await whole.tree.read('vendor/lib/lib.yaml')).toString(), 'lib')
  assert.equal(Buffer.from(await whole.tree.read('vendor/other')).toString(), 'x')
  const elsewhere = await failed({ url, ...main, recurseSubmodules: true, hosts: ['git.example.com'] })
  assert.match(elsewhere.message, /submodule .*lib\.git: the host '127\.0\.0\.1:\d+' is not allowed/)
})

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(file => existsSync(file))

test('SSH with pinned host keys, and keys with a passphrase', {
  skip: sshd === undefined && 'no sshd here',
}, async t => {
  const { server, sha } = await serverWith(t)
  const { port, keys, knownHosts } = await startSshd(path.join(folder, 'ssh'))
  t.after(async () => keys.stop())
  const url = `ssh://${process.env['USER'] ?? 'root'}@127.0.0.1:${port}${server.folder('repo')}`
  const plain = secret(url, { identity: keys.plain, known_hosts: knownHosts })
  assert.equal((await fetched({ url, ...main }, plain)).revision, `main@sha1:${sha}`)
  const locked = secret(url, { identity: keys.locked, known_hosts: knownHosts, password: 'open sesame' })
  assert.equal((await fetched({ url, ...main }, locked)).revision, `main@sha1:${sha}`)
  const stranger = secret(url, { identity: keys.stranger, known_hosts: knownHosts })
  assert.match((await failed({ url, ...main }, stranger)).message, /ssh: handshake failed: ssh: unable to authenticate/)
  const wrongHost = secret(url, {
    identity: keys.plain,
    known_hosts: knownHosts.replace(/ AAAA\S+/, ` ${keys.otherHostKey}`),
  })
  assert.match((await failed({ url, ...main }, wrongHost)).message, /ssh: handshake failed: knownhosts: key mismatch/)
  const noHost = secret(url, { identity: keys.plain, known_hosts: 'example.test ssh-ed25519 AAAA' })
  assert.match((await failed({ url, ...main }, noHost)).message, /ssh: handshake failed: knownhosts: key is unknown/)
  assert.match((await failed({ url: `${url}-none`, ...main }, plain)).message, /repository not found/)
})

const run = promisify(execFile)

async function startSshd(at: string) {
  await mkdir(at, { recursive: true, mode: 0o700 })
  const make = (name: string, passphrase = '') =>
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', path.join(at, name)])
  await Promise.all([make('host'), make('other-host'), make('plain'), make('locked', 'open sesame'), make('stranger')])
  const read = (name: string) => readFile(path.join(at, name), 'utf8')
  const authorized = path.join(at, 'authorized_keys')
  await writeFile(authorized, `${await read('plain.pub')}${await read('locked.pub')}`)
  await chmod(authorized, 0o600)
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${path.join(at, 'host')}`,
    `AuthorizedKeysFile ${authorized}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    `PidFile ${path.join(at, 'pid')}`,
  ]
  await writeFile(path.join(at, 'config'), `${config.join('\n')}\n`)
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const child = spawn(sshd!, ['-D', '-e', '-f', path.join(at, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const chunk of child.stderr) if (String(chunk).includes('Server listening')) break
  child.stderr.resume()
  const [type = '', key = ''] = (await read('host.pub')).split(' ')
  const stop = async () => {
    child.kill()
    await once(child, 'exit')
  }
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    keys: {
      plain: await read('plain'),
      locked: await read('locked'),
      stranger: await read('stranger'),
      otherHostKey: (await read('other-host.pub')).split(' ')[1] ?? '',
      stop,
    },
  }
}

async function certificates(at: string) {
  await mkdir(at, { recursive: true })
  const call = (...args: string[]) => run(tool, args, { cwd: at })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  await call('req', '-x509', ...key, '-subj', '/CN=test ca', '-keyout', 'ca.key', '-out', 'ca.crt')
  const sign = async (name: string, extra: readonly string[]) => {
    const issuer = ['-CA', 'ca.crt', '-CAkey', 'ca.key']
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
    await call('req', '-x509', ...key, '-subj', `/CN=${name}`, ...issuer, ...extra, ...files)
  }
  await sign('server', ['-addext', 'subjectAltName=IP:127.0.0.1'])
  await sign('client', [])
  const read = (name: string) => readFile(path.join(at, name), 'utf8')
  return {
    ca: await read('ca.crt'),
    serverKey: await read('server.key'),
    serverCert: await read('server.crt'),
    clientKey: await read('client.key'),
    clientCert: await read('client.crt'),
  }
}
