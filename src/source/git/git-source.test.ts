import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts'
import { treeTexts } from '../memory-tree.ts'
import type { SourceFailure } from './failure.ts'
import { type GitCheckout, type GitSource, openGitSource } from './git-source.ts'

let server: GitServer
let source: GitSource
let dataDir: string

before(async () => {
  server = await startGitServer()
  dataDir = await mkdtemp(path.join(tmpdir(), 'lockstep-source-'))
  source = await openGitSource({ dataDir })
})

after(async () => {
  await source.close()
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function fetched(request: Parameters<GitSource['fetch']>[0]): Promise<GitCheckout> {
  const result = await source.fetch(request)
  assert.equal(result.status, 'fetched', JSON.stringify(result))
  return result as GitCheckout
}

async function failed(request: Parameters<GitSource['fetch']>[0]): Promise<SourceFailure> {
  const result = await source.fetch(request)
  assert.equal(result.status, 'failed')
  return result as SourceFailure
}

test('a branch is its newest commit, with author, message and files', async () => {
  const url = await server.create('branch')
  const sha = await server.commit('branch', {
    'app/cm.yaml': 'kind: ConfigMap\n',
    'app/run.sh': { executable: '#!/bin/sh\n' },
    'app/link': { symlink: 'cm.yaml' },
    'README.md': 'hello\n',
  })
  const checkout = await fetched({ url, ref: { branch: 'main' } })
  assert.equal(checkout.revision, `main@sha1:${sha}`)
  assert.equal(checkout.commit.author.name, 'Ada Author')
  assert.equal(checkout.commit.committer.email, 'carl@example.test')
  assert.equal(checkout.commit.message, 'change\n')
  assert.deepEqual(checkout.tree.list('app'), [
    { name: 'cm.yaml', type: 'file' },
    { name: 'link', type: 'symlink' },
    { name: 'run.sh', type: 'file', executable: true },
  ])
  assert.equal(Buffer.from(await checkout.tree.read('app/link')).toString(), 'cm.yaml')
  assert.equal(checkout.tree.hashOf('app'), await server.git('branch', 'rev-parse', 'main:app'))
  assert.equal(checkout.tree.hashOf(''), await server.git('branch', 'rev-parse', 'main^{tree}'))
})

test('offline, a commit comes from the mirror or not at all', async () => {
  const url = await server.create('offline')
  const first = await server.commit('offline', { a: '1' })
  await fetched({ url, ref: { branch: 'main' } })
  const second = await server.commit('offline', { a: '2' })
  const asked = server.requests.length
  const checkout = await fetched({ url, ref: { commit: first }, offline: true })
  assert.deepEqual(await treeTexts(checkout.tree), { a: '1' })
  const failure = await failed({ url, ref: { commit: second }, offline: true })
  assert.match(failure.message, /is not in the local mirror$/)
  assert.equal(server.requests.length, asked)
})

test('without a reference the branch is master', async () => {
  const url = await server.create('default')
  const sha = await server.commit('default', { a: '1' }, { branch: 'master' })
  assert.equal((await fetched({ url })).revision, `master@sha1:${sha}`)
})

test('a new commit gives a new tree that shares what did not change; a forced push counts as new', async () => {
  const url = await server.create('moves')
  const first = await server.commit('moves', { 'a/x': '1', 'b/y': '1' })
  const before = await fetched({ url, ref: { branch: 'main' } })
  const second = await server.commit('moves', { 'b/y': '2' })
  const after = await fetched({ url, ref: { branch: 'main' } })
  assert.equal(after.revision, `main@sha1:${second}`)
  assert.equal(after.tree.hashOf('a'), before.tree.hashOf('a'))
  assert.notEqual(after.tree.hashOf('b'), before.tree.hashOf('b'))
  const forced = await server.commit('moves', { 'b/y': '3' }, { from: first })
  assert.equal((await fetched({ url, ref: { branch: 'main' } })).revision, `main@sha1:${forced}`)
  assert.deepEqual(await treeTexts(before.tree), { 'a/x': '1', 'b/y': '1' })
})

test('polling names the revision without fetching, and an unchanged branch costs one request', async () => {
  const url = await server.create('poll')
  const sha = await server.commit('poll', { a: '1' })
  assert.deepEqual(await source.poll({ url, ref: { branch: 'main' } }), {
    status: 'polled',
    revision: `main@sha1:${sha}`,
  })
  const before = server.requests.length
  await source.poll({ url, ref: { branch: 'main' } })
  assert.equal(server.requests.length - before, 1)
})

test('tags, annotated or not, name the commit behind them', async () => {
  const url = await server.create('tags')
  const sha = await server.commit('tags', { a: '1' })
  await server.git('tags', 'tag', 'v1.0.0', sha)
  await server.git('tags', 'tag', '-a', '-m', 'second', 'v2.0.0', sha)
  const light = await fetched({ url, ref: { tag: 'v1.0.0' } })
  assert.equal(light.revision, `v1.0.0@sha1:${sha}`)
  assert.equal(light.tag, undefined)
  const annotated = await fetched({ url, ref: { tag: 'v2.0.0' } })
  assert.equal(annotated.revision, `v2.0.0@sha1:${sha}`)
  assert.equal(annotated.tag?.name, 'v2.0.0')
  assert.equal(annotated.tag?.message, 'second\n')
})

test('a range takes the highest tag in it; equal versions are told apart by commit date', async () => {
  const url = await server.create('semver')
  const old = await server.commit('semver', { a: '1' })
  const middle = await server.commit('semver', { a: '2' })
  const newest = await server.commit('semver', { a: '3' })
  for (const [tag, sha] of [
    ['1.0.0', old],
    ['v1.4.0', middle],
    ['v1.5.0-rc.1', newest],
    ['not-a-version', newest],
    ['2.0.0+a', newest],
    ['2.0.0+b', middle],
  ] as const)
    await server.git('semver', 'tag', tag, sha)
  assert.equal((await fetched({ url, ref: { semver: '1.x' } })).revision, `v1.4.0@sha1:${middle}`)
  assert.equal((await fetched({ url, ref: { semver: '>=1.5.0-0 <2.0.0-0' } })).revision, `v1.5.0-rc.1@sha1:${newest}`)
  assert.equal((await fetched({ url, ref: { semver: '2.x' } })).revision, `2.0.0+a@sha1:${newest}`)
  assert.equal(
    (await failed({ url, ref: { semver: '>=3' } })).message,
    'failed to checkout and determine revision: no match found for semver: >=3',
  )
})

test('a name is a full ref and stays whole in the revision', async () => {
  const url = await server.create('name')
  await server.commit('name', { a: '1' })
  const sha = await server.commit('name', { a: '2' }, { branch: 'feature' })
  await server.git('name', 'update-ref', 'refs/pull/7/head', sha)
  assert.equal(
    (await fetched({ url, ref: { name: 'refs/pull/7/head', branch: 'main' } })).revision,
    `refs/pull/7/head@sha1:${sha}`,
  )
  assert.equal(
    (await failed({ url, ref: { name: 'refs/pull/8/head' } })).message,
    "failed to checkout and determine revision: unable to resolve ref 'refs/pull/8/head' to a specific commit",
  )
})

test('a commit beats everything; with a branch it has to lie on it', async () => {
  const url = await server.create('commit')
  const first = await server.commit('commit', { a: '1' })
  await server.commit('commit', { a: '2' })
  await server.commit('commit', { a: '3' })
  const other = await server.commit('commit', { a: 'x' }, { branch: 'other', from: first })
  assert.equal((await fetched({ url, ref: { commit: first, tag: 'nope' } })).revision, `sha1:${first}`)
  const onBranch = await fetched({ url, ref: { commit: first, branch: 'main' } })
  assert.equal(onBranch.revision, `main@sha1:${first}`)
  assert.deepEqual(await treeTexts(onBranch.tree), { a: '1' })
  assert.equal(
    (await failed({ url, ref: { commit: other, branch: 'main' } })).message,
    `failed to checkout and determine revision: unable to resolve commit object for '${other}': object not found`,
  )
  const unknown = '1'.repeat(40)
  assert.match((await failed({ url, ref: { commit: unknown } })).message, /object not found$/)
})

test('what is missing is said as Flux says it, and what to do', async () => {
  const url = await server.create('missing')
  await server.commit('missing', { a: '1' })
  assert.deepEqual(await failed({ url, ref: { branch: 'nope' } }), {
    status: 'failed',
    reason: 'GitOperationFailed',
    message: `failed to checkout and determine revision: unable to clone '${url}': couldn't find remote ref "refs/heads/nope"`,
    hint: 'the repository has no branch nope (any more); check spec.ref.branch, or push the branch',
  })
  const none = `${server.url}/none.git`
  const repository = await failed({ url: none, ref: { branch: 'main' } })
  assert.match(
    repository.message,
    /^failed to checkout and determine revision: unable to clone 'http.*\/none.git': repository not found: /,
  )
  const down = await failed({ url: 'http://127.0.0.1:9/none.git', ref: { branch: 'main' } })
  assert.equal(
    down.message,
    'failed to checkout and determine revision: unable to clone \'http://127.0.0.1:9/none.git\': Get "http://127.0.0.1:9/none.git/info/refs?service=git-upload-pack": dial tcp 127.0.0.1:9: connect: connection refused',
  )
})

test('an empty repository has a reason of its own', async () => {
  const url = await server.create('empty')
  const failure = await failed({ url, ref: { branch: 'main' } })
  assert.equal(failure.reason, 'EmptyGitRepository')
})

test('a branch that is deleted later is missing, and what was read before stays readable', async () => {
  const url = await server.create('deleted')
  await server.commit('deleted', { a: '1' })
  await server.commit('deleted', { a: '2' }, { branch: 'gone' })
  const before = await fetched({ url, ref: { branch: 'gone' } })
  await server.git('deleted', 'update-ref', '-d', 'refs/heads/gone')
  assert.match((await failed({ url, ref: { branch: 'gone' } })).message, /couldn't find remote ref/)
  assert.deepEqual(await treeTexts(before.tree), { a: '2' })
})

test('one mirror serves every reference of a URL', async () => {
  const url = await server.create('shared')
  await server.commit('shared', { a: '1' })
  await server.commit('shared', { a: '2' }, { branch: 'two' })
  const before = (await readdir(path.join(dataDir, 'mirrors'))).length
  await Promise.all([fetched({ url, ref: { branch: 'main' } }), fetched({ url, ref: { branch: 'two' } })])
  assert.equal((await readdir(path.join(dataDir, 'mirrors'))).length, before + 1)
})

test('a mirror that lost its files is made anew without anybody noticing', async () => {
  const url = await server.create('corrupt')
  await server.commit('corrupt', { 'a/b': '1', c: '2' })
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-source-'))
  const first = await openGitSource({ dataDir: folder })
  const checkout = (await first.fetch({ url, ref: { branch: 'main' } })) as GitCheckout
  const [mirror = ''] = await readdir(path.join(folder, 'mirrors'))
  const objects = path.join(folder, 'mirrors', mirror, 'objects')
  for (const name of await readdir(objects)) await rm(path.join(objects, name), { recursive: true })
  await first.close()
  assert.equal(Buffer.from(await checkout.tree.read('a/b')).toString(), '1')
  await first.close()

  await writeFile(path.join(folder, 'mirrors', mirror, 'HEAD'), 'rubbish')
  const second = await openGitSource({ dataDir: folder })
  const again = (await second.fetch({ url, ref: { branch: 'main' } })) as GitCheckout
  assert.deepEqual(await treeTexts(again.tree), { 'a/b': '1', c: '2' })
  await second.close()
  await rm(folder, { recursive: true, force: true })
})

test('servers without protocol version 2 are understood', async t => {
  const old = await startGitServer({ oldProtocol: true })
  t.after(() => old.close())
  const url = await old.create('old')
  const first = await old.commit('old', { a: '1' })
  const sha = await old.commit('old', { a: '2' })
  await old.git('old', 'tag', '-a', '-m', 'x', 'v1.0.0', sha)
  assert.equal((await fetched({ url, ref: { branch: 'main' } })).revision, `main@sha1:${sha}`)
  assert.equal((await fetched({ url, ref: { semver: '*' } })).revision, `v1.0.0@sha1:${sha}`)
  assert.equal((await fetched({ url, ref: { commit: first } })).revision, `sha1:${first}`)
})

test('addresses that are no remote are refused', async () => {
  for (const url of ['file:///etc', '/etc', 'ext::sh -c true', 'ftp://host/x', '--upload-pack=x', 'http://']) {
    const failure = await failed({ url })
    assert.equal(failure.reason, 'URLInvalid', url)
    assert.equal(failure.stalled, true)
  }
})

test('a local repository is read where that is allowed', async t => {
  await server.create('local')
  const sha = await server.commit('local', { a: '1' })
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-source-'))
  const local = await openGitSource({ dataDir: folder, allowLocal: true })
  t.after(async () => {
    await local.close()
    await rm(folder, { recursive: true, force: true })
  })
  for (const url of [server.folder('local'), `file://${server.folder('local')}`]) {
    const checkout = (await local.fetch({ url, ref: { branch: 'main' } })) as GitCheckout
    assert.equal(checkout.revision, `main@sha1:${sha}`, JSON.stringify(checkout))
    assert.deepEqual(await treeTexts(checkout.tree), { a: '1' })
  }
})
