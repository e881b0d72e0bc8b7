import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { withLock } from './mirror-lock.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-lock-'))
})
after(() => rm(folder, { recursive: true, force: true }))

test('two never work at once, and the lock is gone afterwards', async () => {
  const file = path.join(folder, 'one')
  let inside = 0
  const work = async () => {
    assert.equal(++inside, 1)
    await stat(file)
    inside--
  }
  await Promise.all(Array.from({ length: 5 }, () => withLock(file, 10_000, work)))
  await assert.rejects(stat(file))
})

test('the lock goes when the work fails', async () => {
  const file = path.join(folder, 'two')
  await assert.rejects(
    withLock(file, 1000, async () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(await withLock(file, 1000, async () => 'again'), 'again')
})

test('the lock of a dead process is taken over, that of a living one is respected', async () => {
  const file = path.join(folder, 'three')
  await writeFile(file, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
  assert.equal(await withLock(file, 1000, async () => 'mine'), 'mine')
  await writeFile(file, JSON.stringify({ pid: process.ppid, host: hostname() }))
  await assert.rejects(
    withLock(file, 100, async () => 'mine'),
    /another process works on the same mirror/,
  )
})

test('a process that was killed and started again with the same number takes its lock over, and waits for its own', async () => {
  const file = path.join(folder, 'again')
  await writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), life: 'the one before' }))
  const [inside, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = withLock(file, 1000, async () => {
    inside.resolve()
    await end.promise
  })
  await inside.promise
  await assert.rejects(
    withLock(file, 100, async () => 'mine'),
    /another process works on the same mirror/,
  )
  end.resolve()
  await first
})

test('a lock of another machine that nobody renews is taken over', async () => {
  const file = path.join(folder, 'four')
  await writeFile(file, JSON.stringify({ pid: 1, host: 'elsewhere' }))
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(file, longAgo, longAgo)
  assert.equal(await withLock(file, 1000, async () => 'mine'), 'mine')
})

test('a lock of another machine from before the clock was set back is taken over', async () => {
  const file = path.join(folder, 'five')
  await writeFile(file, JSON.stringify({ pid: 1, host: 'elsewhere' }))
  const toCome = new Date(Date.now() + 3_600_000)
  await utimes(file, toCome, toCome)
  assert.equal(await withLock(file, 1000, async () => 'mine'), 'mine')
})
