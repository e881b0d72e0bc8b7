import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimiter, type Outcome, type Priority } from './limiter.ts'

const fine: Outcome = { refused: false, latency: 10 }

test('lower classes leave room, so that interactive work never waits behind a burst', async () => {
  const limiter = createLimiter({ initial: 10, now: () => 0 })
  const started: Priority[] = []
  const take = (priority: Priority) => void limiter.acquire(priority).then(() => started.push(priority))
  for (let index = 0; index < 100; index++) take('background')
  for (let index = 0; index < 100; index++) take('normal')
  await Promise.resolve()
  assert.deepEqual([limiter.active, limiter.waiting], [8, 192])
  take('interactive')
  await Promise.resolve()
  assert.equal(started.at(-1), 'interactive')
})

test('a slot goes to the highest class that waits, and now and then to the lowest', async () => {
  const limiter = createLimiter({ initial: 2, min: 2, max: 2, now: () => 0 })
  const first = await limiter.acquire('normal')
  const order: Priority[] = []
  const chain = async (priority: Priority) => {
    const release = await limiter.acquire(priority)
    order.push(priority)
    release(fine)
  }
  const all = [
    ...Array.from({ length: 20 }, () => chain('background')),
    ...Array.from({ length: 20 }, () => chain('normal')),
  ]
  first(fine)
  await Promise.all(all)
  assert.ok(order.indexOf('background') > 0 && order.indexOf('background') < 20)
  assert.equal(order.slice(0, 10).filter(one => one === 'normal').length >= 8, true)
})

test('429 shrinks the limit once per congestion, successes under load grow it again', async () => {
  let now = 0
  const limiter = createLimiter({ initial: 30, max: 64, now: () => now })
  const all = await Promise.all(Array.from({ length: 25 }, () => limiter.acquire('normal')))
  for (const release of all) release({ refused: true })
  assert.equal(limiter.limit, 20)
  now = 1000
  const more = await Promise.all(Array.from({ length: 17 }, () => limiter.acquire('normal')))
  for (const release of more) release({ refused: true })
  assert.equal(limiter.limit, 13)
  for (let round = 0; round < 5; round++) {
    now += 1000
    const batch = await Promise.all(Array.from({ length: limiter.limit }, () => limiter.acquire('interactive')))
    for (const release of batch) release(fine)
  }
  assert.ok(limiter.limit > 13)
})

test('who gives up leaves the queue', async () => {
  const limiter = createLimiter({ initial: 2, min: 2, max: 2, now: () => 0 })
  const release = await limiter.acquire('background')
  const leaving = new AbortController()
  const waiting = limiter.acquire('background', leaving.signal)
  leaving.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  assert.equal(limiter.waiting, 0)
  release(fine)
  assert.equal(limiter.active, 0)
})
