import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRevertLimiter } from './revert-limiter.ts'

const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'conf' }

test('the first reverts of an object are free, the next come later and later, and after a quiet minute all is forgotten', () => {
  let now = 0
  const limiter = createRevertLimiter({ now: () => 0, elapsed: () => now, after: () => () => {} })
  const delays = Array.from({ length: 8 }, () => {
    const delay = limiter.delay(ref)
    limiter.reverted(ref)
    return delay
  })
  assert.deepEqual(delays, [0, 0, 0, 0, 0, 2000, 4000, 8000])
  assert.equal(limiter.delay({ ...ref, name: 'other' }), 0)
  now = 10_000
  assert.equal(limiter.delay(ref), 6000, 'counted from the last revert')
  now = 20_000
  assert.equal(limiter.delay(ref), 0, 'who changes an object now and then is not in a fight')
  now = 61_000
  assert.equal(limiter.delay(ref), 0)
})
