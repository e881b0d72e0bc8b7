import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiringCache } from './expiring.ts'

const HOUR = 3_600_000

test('a value is kept until shortly before it ends, and fetched once for all who ask', async () => {
  let now = 0
  let fetched = 0
  const cache = expiringCache(() => now)
  const get = () => cache.get('token', async () => ({ value: `t${++fetched}`, expires: now + HOUR }))
  assert.deepEqual(await Promise.all([get(), get(), get()]), ['t1', 't1', 't1'])
  now = HOUR - 5 * 60_000 - 1
  assert.equal(await get(), 't1')
  now = HOUR - 5 * 60_000
  assert.deepEqual(await Promise.all([get(), get(), get()]), ['t2', 't2', 't2'])
  assert.equal(
    await cache.within('other').get('token', async () => ({ value: 'of another', expires: now + 1 })),
    'of another',
  )
  assert.equal(await get(), 't2')
})

test('a short life is used up to four fifths', async () => {
  let now = 0
  let fetched = 0
  const cache = expiringCache(() => now)
  const get = () => cache.get('token', async () => ({ value: ++fetched, expires: now + 1000 }))
  assert.equal(await get(), 1)
  now = 799
  assert.equal(await get(), 1)
  now = 800
  assert.equal(await get(), 2)
})

test('a failure is told to all who wait, and the next one tries again', async () => {
  let fetched = 0
  const cache = expiringCache(() => 0)
  const get = () =>
    cache.get('token', async () => {
      if (++fetched === 1) throw new Error('down')
      return { value: fetched, expires: 1 }
    })
  assert.deepEqual(await Promise.all([get(), get()].map(each => each.catch(String))), ['Error: down', 'Error: down'])
  assert.equal(await get(), 2)
})
