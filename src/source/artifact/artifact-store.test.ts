import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { memoryTree } from '../memory-tree.ts'
import { type ArtifactStore, openArtifactStore } from './artifact-store.ts'
import { packTarball } from './tarball.ts'

const owner = { kind: 'GitRepository', namespace: 'apps', name: 'web' }
let folder: string
let store: ArtifactStore
let address: string
let clock = Date.parse('2026-01-01T00:00:00Z')
const server = createServer((request, response) => void store.handle(request, response))

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-artifacts-'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  store = await openArtifactStore({ folder, address, now: () => clock })
})

after(async () => {
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true, force: true })
})

const tree = (text: string, revision = 'main@sha1:abc') =>
  memoryTree({ 'app/cm.yaml': text, 'run.sh': { executable: '' }, link: { symlink: 'app' } }, revision)

async function pack(...files: Parameters<typeof memoryTree>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  await packTarball(memoryTree(...files), part => void parts.push(part))
  return Buffer.concat(parts)
}

test('what the status says is what the server gives', async () => {
  const artifact = await store.put(owner, 'abc', tree('1'))
  assert.equal(artifact.path, 'gitrepository/apps/web/abc.tar.gz')
  assert.equal(artifact.url, `${address}/gitrepository/apps/web/abc.tar.gz`)
  assert.equal(artifact.revision, 'main@sha1:abc')
  assert.equal(artifact.lastUpdateTime, '2026-01-01T00:00:00Z')
  const answer = await fetch(artifact.url)
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.equal(answer.headers.get('content-length'), String(artifact.size))
  assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, artifact.digest)
  const head = await fetch(artifact.url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

const gnuTar = spawnSync('tar', ['--version']).stdout?.toString().includes('GNU') ?? false
const skip = !gnuTar && 'no GNU tar here'

test('a tarball has no times and owners, narrow modes, no links, and the same bytes every time', { skip }, async () => {
  const bytes = await pack({ 'b/x': '1', 'a.sh': { executable: '1' }, l: { symlink: 'b' } })
  assert.deepEqual(await pack({ 'a.sh': { executable: '1' }, l: { symlink: 'b' }, 'b/x': '1' }), bytes)
  const listing = execFileSync('tar', ['tvzf', '-', '--numeric-owner', '--full-time'], {
    input: bytes,
    env: { ...process.env, TZ: 'UTC' },
  })
  assert.deepEqual(
    listing
      .toString()
      .trim()
      .split('\n')
      .map(line => line.replaceAll(/ +/g, ' ')),
    [
      'drwxr-x--- 0/0 0 1970-01-01 00:00:00 .',
      '-rwx------ 0/0 1 1970-01-01 00:00:00 a.sh',
      'drwxr-x--- 0/0 0 1970-01-01 00:00:00 b',
      '-rw------- 0/0 1 1970-01-01 00:00:00 b/x',
    ],
  )
})

test('names of any length and script survive', { skip }, async () => {
  const names = [
    `${'long/'.repeat(30)}name.yaml`,
    `${'x'.repeat(120)}/${'y'.repeat(90)}.yaml`,
    `folder/${'z'.repeat(150)}`,
    'grün/日本語.yaml',
    `${'ü'.repeat(60)}/ö`,
  ]
  const bytes = await pack(Object.fromEntries(names.map(name => [name, name])))
  const listing = execFileSync('tar', ['tzf', '-', '--quoting-style=literal'], {
    input: bytes,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  const files = listing.toString().trim().split('\n')
  for (const name of names) assert.ok(files.includes(name), name)
  assert.equal(gunzipSync(bytes).byteLength % 512, 0)
})

test('the last two stay, older ones only while somebody may be downloading them', async () => {
  const other = { ...owner, name: 'old' }
  const first = await store.put(other, 'one', tree('1'))
  await store.put(other, 'two', tree('2'))
  await store.put(other, 'three', tree('3'))
  assert.equal((await fetch(first.url)).status, 200)
  clock += 61_000
  await store.put(other, 'four', tree('4'))
  assert.equal((await fetch(first.url)).status, 404)
  assert.deepEqual((await readdir(path.join(folder, 'gitrepository/apps/old'))).toSorted(), [
    'four.tar.gz',
    'three.tar.gz',
  ])
  assert.equal(await store.remove(other), 2)
})

test('after a restart an artifact is made again when it is asked for, if it still is what the status says', async () => {
  const artifact = await store.put(owner, 'again', tree('1'))
  const elsewhere = await mkdtemp(path.join(tmpdir(), 'lockstep-artifacts-'))
  const before = store
  store = await openArtifactStore({ folder: elsewhere, address })
  assert.equal((await fetch(artifact.url)).status, 404)
  store.adopt(owner, artifact, async () => tree('1'))
  const answers = await Promise.all([fetch(artifact.url), fetch(artifact.url)])
  assert.deepEqual(
    answers.map(answer => answer.status),
    [200, 200],
  )
  let stale = 0
  const other = {
    ...artifact,
    path: 'gitrepository/apps/web/other.tar.gz',
    url: `${address}/gitrepository/apps/web/other.tar.gz`,
  }
  const adopted = store.adopt(
    owner,
    other,
    async () => tree('2'),
    () => stale++,
  )
  assert.equal(adopted, true)
  assert.equal(
    store.adopt(owner, { ...other, url: `http://elsewhere/${other.path}` }, async () => tree('2')),
    false,
  )
  assert.equal((await fetch(`${address}/${other.path}`)).status, 404)
  assert.equal(stale, 1)
  store = before
  await rm(elsewhere, { recursive: true, force: true })
})

test('nothing but artifacts is served, whatever the path looks like', async () => {
  await store.put(owner, 'abc', tree('1'))
  const { port } = server.address() as AddressInfo
  for (const target of [
    '/',
    '/gitrepository/apps/web/',
    '/gitrepository/apps/web/../web/../../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/gitrepository/apps/web/%00',
    '/%zz',
    '//etc/passwd',
    '/__proto__/constructor',
  ]) {
    const socket = connect(port, '127.0.0.1')
    socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    assert.match(chunk.toString(), /^HTTP\/1.1 404 /, target)
    socket.destroy()
  }
  assert.equal((await fetch(`${address}/gitrepository/apps/web/abc.tar.gz`, { method: 'DELETE' })).status, 405)
})
