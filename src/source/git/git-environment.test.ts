import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { atLeast, configVariables, type GitEnvironment, prepareGit, quote } from './git-environment.ts'
import { GitError, runGit } from './git-process.ts'

let folder: string
let git: GitEnvironment

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-git-'))
  git = await prepareGit(folder, { ...process.env, GIT_DIR: '/nowhere', HOME: '/nowhere', SECRET: 'x' })
})

after(() => rm(folder, { recursive: true, force: true }))

const value = `Authorization: Basic a=b 'quoted' $HOME "x"`

for (const version of [
  [2, 30],
  [2, 31],
] as const)
  test(`git ${version.join('.')} takes settings from its environment as they are`, async () => {
    const env = {
      ...git.base,
      ...configVariables({ ...git, version }, [
        ['http.extraHeader', value],
        ['http.proxy', 'http://p'],
      ]),
    }
    const { stdout } = await runGit({ args: ['config', '--get', 'http.extraheader'], cwd: folder, env })
    assert.equal(stdout.toString(), `${value}\n`)
    const proxy = await runGit({ args: ['config', '--get', 'http.proxy'], cwd: folder, env })
    assert.equal(proxy.stdout.toString(), 'http://p\n')
  })

test('nothing of the caller reaches git but the way to the network', () => {
  assert.equal(git.base['HOME'], path.join(folder, 'home'))
  assert.equal(git.base['GIT_DIR'], undefined)
  assert.equal(git.base['SECRET'], undefined)
  assert.ok(atLeast(git, 2, 30))
})

test('only the transports that are meant are allowed', async () => {
  for (const url of [folder, `file://${folder}`, 'ext::sh -c true', 'git://127.0.0.1:1/x']) {
    const error: unknown = await runGit({ args: ['ls-remote', url], cwd: folder, env: git.base }).catch(
      reason => reason,
    )
    assert.ok(error instanceof GitError)
    assert.match(error.stderr, /transport '\w+' not allowed/)
  }
})

test('a call that takes too long, says too much, or is not wanted any more is ended', async () => {
  const call = { cwd: folder, env: git.base }
  const kind = async (...input: Parameters<typeof runGit>) => {
    const error: unknown = await runGit(...input).catch(reason => reason)
    return error instanceof GitError ? error.kind : error
  }
  const waiting = ['-c', 'alias.wait=!sleep 30', 'wait']
  assert.equal(await kind({ ...call, args: waiting, timeoutMs: 50 }), 'timeout')
  const control = new AbortController()
  setTimeout(() => control.abort(), 50)
  assert.equal(await kind({ ...call, args: waiting, signal: control.signal }), 'aborted')
  assert.equal(await kind({ ...call, args: waiting, signal: AbortSignal.abort() }), 'aborted')
  assert.equal(await kind({ ...call, args: ['-c', 'alias.y=!yes', 'y'], maxOutput: 10_000 }), 'output-limit')
  assert.equal(await kind({ ...call, args: ['no-such-command'] }), 'exit')
  assert.equal(await kind({ ...call, env: { ...call.env, PATH: folder }, args: ['version'] }), 'not-installed')
})

test('a word is one word for the shell', async () => {
  const word = `a'b "c" $d \\ *`
  const { stdout } = await runGit({
    args: ['-c', `alias.say=!printf %s ${quote(word)}`, 'say'],
    cwd: folder,
    env: git.base,
  })
  assert.equal(stdout.toString(), word)
})
