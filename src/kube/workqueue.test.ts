import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { drivenClock } from '../sandbox/clock.ts'
import { createWorkqueue, type Result } from './workqueue.ts'

/** Work that ends when it is told to. */
function bench(concurrency = 1) {
  const clock = drivenClock(0)
  const log: string[] = []
  const open = new Map<string, { resolve: (result?: Result) => void; reject: (error: Error) => void }>()
  const queue = createWorkqueue({
    concurrency,
    clock,
    random: () => 1,
    backoff: { base: 100, limit: 1000 },
    onFailure: (key, error, failures) => log.push(`${key} failed ${failures}: ${(error as Error).message}`),
    work: (key, signal) => {
      log.push(`${key} starts`)
      return new Promise<Result | undefined>((resolve, reject) => {
        open.set(key, { resolve, reject })
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    },
  })
  const end = async (key: string, result?: Result | Error) => {
    if (result instanceof Error) open.get(key)?.reject(result)
    else open.get(key)?.resolve(result)
    await turn()
  }
  return { clock, log, queue, end }
}

test('a key waits once, and is worked on again when it was added meanwhile', async () => {
  const { queue, log, end } = bench()
  for (const key of ['a', 'b', 'a', 'b']) queue.add(key)
  await turn()
  assert.deepEqual(log, ['a starts'])
  queue.add('a')
  queue.add('a')
  await end('a')
  await end('b')
  await end('a')
  assert.deepEqual(log, ['a starts', 'b starts', 'a starts'])
  assert.deepEqual([queue.waiting, queue.running], [0, 0])
})

test('higher priority goes first, and can be raised while waiting', async () => {
  const { queue, log, end } = bench()
  queue.add('first')
  queue.add('low', { priority: -1 })
  queue.add('normal')
  queue.add('late')
  queue.add('late', { priority: 5 })
  for (const key of ['first', 'late', 'normal', 'low']) {
    await turn()
    await end(key)
  }
  assert.deepEqual(log, ['first starts', 'late starts', 'normal starts', 'low starts'])
})

test('as many keys at a time as allowed', async () => {
  const { queue, end } = bench(2)
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await turn()
  assert.deepEqual([queue.running, queue.waiting], [2, 1])
  await end('a')
  assert.deepEqual([queue.running, queue.waiting], [2, 0])
})

test('a failure comes back after a growing delay, a success forgets it', async () => {
  const { queue, log, end, clock } = bench()
  queue.add('a')
  await turn()
  await end('a', new Error('no'))
  await clock.advance(99)
  assert.deepEqual(log, ['a starts', 'a failed 1: no'])
  await clock.advance(1)
  await end('a', { retry: true })
  await clock.advance(199)
  assert.equal(queue.delayed, 1)
  await clock.advance(1)
  await end('a', { after: 500 })
  await clock.advance(500)
  assert.deepEqual(log, ['a starts', 'a failed 1: no', 'a starts', 'a starts', 'a starts'])
  await end('a', new Error('again'))
  assert.equal(log.at(-1), 'a failed 1: again')
})

test('the earliest of several delays counts, and an outcome replaces the one before', async () => {
  const { queue, log, end, clock } = bench()
  queue.add('a', { after: 1000 })
  queue.add('a', { after: 300 })
  queue.add('a', { after: 2000 })
  await clock.advance(300)
  assert.deepEqual([log.length, queue.delayed], [1, 0])
  await end('a', { after: 400 })
  queue.add('a')
  await turn()
  await end('a', { after: 1000 })
  await clock.advance(999)
  assert.equal(log.length, 2)
  await clock.advance(1)
  assert.equal(log.length, 3)
})

test('drain finishes what waits; stop aborts what runs', async () => {
  const drained = bench()
  drained.queue.add('a')
  drained.queue.add('b')
  drained.queue.add('c', { after: 10 })
  await turn()
  const done = drained.queue.drain()
  drained.queue.add('d')
  await drained.end('a')
  await drained.end('b')
  await done
  await drained.clock.advance(100)
  assert.deepEqual(drained.log, ['a starts', 'b starts'])

  const stopped = bench()
  stopped.queue.add('a')
  stopped.queue.add('b')
  await turn()
  await stopped.queue.stop()
  assert.deepEqual(stopped.log, ['a starts'])
})

test('whatever is added is worked on afterwards, never twice at a time', async () => {
  const steps = fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      priority: fc.integer({ min: -1, max: 1 }),
      after: fc.constantFrom(0, 0, 5),
      pause: fc.boolean(),
      fails: fc.boolean(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (list, concurrency) => {
      const clock = drivenClock(0)
      const active = new Set<string>()
      const worked = new Map<string, number>()
      let step = 0
      const queue = createWorkqueue({
        concurrency,
        clock,
        backoff: { base: 1, limit: 2 },
        async work(key) {
          assert.equal(active.has(key), false)
          assert.ok(active.size < concurrency)
          active.add(key)
          const at = step
          await turn()
          active.delete(key)
          worked.set(key, at)
          if (list[at]?.fails) throw new Error('no')
          return undefined
        },
      })
      for (const one of list) {
        step++
        queue.add(one.key, one)
        if (one.pause) await turn()
      }
      step = list.length
      await clock.advance(100)
      await queue.idle()
      for (const [index, { key }] of list.entries()) assert.ok((worked.get(key) ?? -1) > index)
    }),
    { numRuns: 50 },
  )
})
