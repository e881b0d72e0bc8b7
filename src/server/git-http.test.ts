import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { serveGit } from './git-http.ts'

const run = promisify(execFile)

test('a repository can be cloned and pushed to, and a push is told', async t => {
  const root = await mkdtemp(path.join(tmpdir(), 'git-http-'))
  t.after(() => rm(root, { recursive: true }))
  const pushed = Promise.withResolvers<string>()
  await run('git', ['init', '-q', '--bare', '--initial-branch=main', path.join(root, 'apps.git')])
  const server = await serveGit({ root, onPush: pushed.resolve })
  t.after(() => server.close())

  const work = path.join(root, 'work')
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', ...args], { cwd: work })
  await run('git', ['clone', '-q', `${server.url}/apps.git`, work])
  await writeFile(path.join(work, 'a.yaml'), 'a: 1\n')
  await git('add', '.')
  await git('commit', '-q', '-m', 'one')
  await git('push', '-q', 'origin', 'HEAD:main')
  assert.equal(await pushed.promise, 'apps.git')

  const { stdout } = await run('git', ['ls-remote', `${server.url}/apps.git`, 'main'])
  assert.match(stdout, /^[0-9a-f]{40}\trefs\/heads\/main\n$/)
})

test('a request for another host is refused', async t => {
  const server = await serveGit({ root: tmpdir() })
  t.after(() => server.close())
  const status = await new Promise(resolve => {
    request(server.url, { headers: { host: 'evil.example.test' } }, response =>
      resolve(response.resume().statusCode),
    ).end()
  })
  assert.equal(status, 403)
})
