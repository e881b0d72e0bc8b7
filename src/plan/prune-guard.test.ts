import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardPrune } from './prune-guard.ts'

test('a source that has become empty, or nearly so, is no wish to delete', () => {
  const cases: readonly [desired: number, stale: number, owned: number, message: string | undefined][] = [
    [0, 4, 4, 'the source has no objects any more, and all 4 objects of the inventory would be deleted'],
    [1, 3, 4, undefined],
    [1, 18, 19, undefined],
    [1, 19, 20, 'the source has a single object left, and 19 of 20 objects of the inventory would be deleted'],
    [10, 90, 100, 'the source has 10 objects left, and 90 of 100 objects of the inventory would be deleted'],
    [11, 89, 100, undefined],
    [100, 100, 100, undefined],
    [0, 0, 100, undefined],
  ]
  for (const [desired, stale, owned, message] of cases)
    assert.equal(guardPrune(desired, stale, owned)?.message, message, `${desired} ${stale} ${owned}`)
})
