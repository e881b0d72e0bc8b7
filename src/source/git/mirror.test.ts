import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts'
import { type GitEnvironment, prepareGit } from './git-environment.ts'
import { type Mirror, openMirror } from './mirror.ts'
import { openTransport } from './transport.ts'

let server: GitServer
let folder: string
let git: GitEnvironment
const call = { timeoutMs: 10_000 }

before(async () => {
  server = await startGitServer()
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-mirror-'))
  git = await prepareGit(folder)
})

after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function mirrorOf(t: { after(work: () => Promise<void>): void }, name: string): Promise<[Mirror, string]> {
  const gitDir = path.join(folder, `${name}.git`)
  const transport = await openTransport(git, await server.create(name), {})
  const mirror = openMirror(git, gitDir, transport, { collectAfter: 1 })
  await transport.list([], call).catch(() => {})
  t.after(async () => {
    mirror.close()
    await transport.close()
  })
  return [mirror, gitDir]
}

const main = [{ from: 'refs/heads/main', name: 'refs/heads/main' }]

test('fetches are shallow, and history comes when it is asked for', async t => {
  const [mirror, gitDir] = await mirrorOf(t, 'shallow')
  const first = await server.commit('shallow', { a: '1' })
  const second = await server.commit('shallow', { a: '2' })
  await mirror.fetch(main, call)
  assert.equal((await mirror.commit(second))?.sha, second)
  assert.equal(await mirror.commit(first), undefined)
  await mirror.fetch(main, { ...call, history: true })
  assert.ok(await mirror.isAncestor(first, second))
  assert.ok(!(await mirror.isAncestor(second, first)))
  assert.equal(execFileSync('git', ['rev-list', '--count', second], { cwd: gitDir }).toString().trim(), '2')
})

test('lock files of a git that was killed do not stop the next one', async t => {
  const [mirror, gitDir] = await mirrorOf(t, 'killed')
  await server.commit('killed', { a: '1' })
  await mirror.fetch(main, call)
  const next = await server.commit('killed', { a: '2' })
  await writeFile(path.join(gitDir, 'shallow.lock'), '')
  await writeFile(path.join(gitDir, 'refs/lockstep/refs/heads/main.lock'), '')
  await mirror.fetch(main, call)
  assert.equal((await mirror.commit(next))?.sha, next)
})

test('collecting garbage keeps what is in use, whatever the branch has become', async t => {
  const [mirror, gitDir] = await mirrorOf(t, 'garbage')
  const old = await server.commit('garbage', { a: 'old' })
  await mirror.fetch(main, call)
  await server.git('garbage', 'update-ref', '-d', 'refs/heads/main')
  await server.commit('garbage', { a: 'new' })
  await mirror.fetch(main, call)
  await mirror.collectGarbage([old])
  const refs = () => execFileSync('git', ['for-each-ref', '--format=%(refname)'], { cwd: gitDir }).toString().trim()
  assert.deepEqual(refs().split('\n'), [`refs/lockstep-pins/${old}`, 'refs/lockstep/refs/heads/main'])
  const commit = await mirror.commit(old)
  const root = await mirror.directory(commit?.tree ?? '')
  const file = root.children.get('a')
  assert.equal(Buffer.from(await mirror.blob(file?.hash ?? '')).toString(), 'old')
  await mirror.fetch(main, call)
  await mirror.collectGarbage([])
  assert.equal(refs(), 'refs/lockstep/refs/heads/main')
})

test('two that share a mirror wait for each other', async t => {
  const [one, gitDir] = await mirrorOf(t, 'two')
  await server.commit('two', { a: '1' })
  const transport = await openTransport(git, `${server.url}/two.git`, {})
  const other = openMirror(git, gitDir, transport)
  t.after(async () => {
    other.close()
    await transport.close()
  })
  await Promise.all([one, other, one, other].map(mirror => mirror.fetch(main, call)))
})
