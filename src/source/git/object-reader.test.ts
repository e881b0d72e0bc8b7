import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts'
import { type GitEnvironment, prepareGit } from './git-environment.ts'
import { objectReader } from './object-reader.ts'

let server: GitServer
let git: GitEnvironment
let folder: string

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-reader-'))
  git = await prepareGit(folder)
  server = await startGitServer()
  await server.create('repo')
  await server.commit('repo', { small: 'text\n', empty: '', large: 'x'.repeat(300_000) })
})

after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** The same with the git that is here and as with one before 2.36. */
for (const version of [undefined, [2, 30] as const]) {
  test(`objects are read in the order they were asked for${version === undefined ? '' : ', with an old git'}`, async t => {
    const reader = objectReader(version === undefined ? git : { ...git, version }, server.folder('repo'))
    t.after(() => reader.close())
    const answers = await Promise.all(
      ['main:small', 'main:none', 'main:large', 'main:empty', 'main^{tree}', 'with space', 'main'].map(reader.read),
    )
    assert.deepEqual(
      answers.map(object => object && `${object.type} ${object.type === 'blob' ? object.bytes.byteLength : ''}`),
      ['blob 5', undefined, 'blob 300000', 'blob 0', 'tree ', undefined, 'commit '],
    )
  })
}

test('an object above the limit is refused, the next one is read', async t => {
  const reader = objectReader(git, server.folder('repo'), { maxObjectBytes: 1000 })
  t.after(() => reader.close())
  const [large, small] = await Promise.allSettled([reader.read('main:large'), reader.read('main:small')])
  assert.equal(large.status === 'rejected' && large.reason.diagnostics[0].code, 'file-too-large')
  assert.equal(small.status === 'fulfilled' && small.value?.bytes.toString(), 'text\n')
})

test('a process that dies is replaced and asked again', async t => {
  const reader = objectReader(git, server.folder('repo'))
  t.after(() => reader.close())
  await reader.read('main:small')
  const own = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]).toString()
  const pid = /(\d+) git cat-file/.exec(own)?.[1]
  assert.ok(pid)
  const reads = Array.from({ length: 20 }, () => reader.read('main:large'))
  process.kill(Number(pid), 'SIGKILL')
  for (const object of await Promise.all(reads)) assert.equal(object?.bytes.byteLength, 300_000)
})

test('a folder that is no repository is an error, not a wait', async t => {
  const reader = objectReader(git, folder)
  t.after(() => reader.close())
  await assert.rejects(reader.read('HEAD'), /git cat-file ended unexpectedly/)
})
