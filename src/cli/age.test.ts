import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, formatAge } from './age.ts'

const cases: readonly (readonly [seconds: number, text: string])[] = [
  [0, '0s'],
  [14, '14s'],
  [119, '119s'],
  [192, '3m12s'],
  [384, '6m24s'],
  [180, '3m'],
  [16 * 60, '16m'],
  [5 * 3600 + 180, '5h3m'],
  [30 * 3600, '30h'],
  [3 * 86400 + 4 * 3600, '3d4h'],
  [12 * 86400, '12d'],
  [800 * 86400, '2y70d'],
]

for (const [seconds, text] of cases)
  test(`${seconds} seconds are ${text}`, () => assert.equal(formatAge(seconds * 1000), text))

test('an age without a time is unknown', () => {
  const now = new Date('2026-11-21T03:00:00Z')
  assert.equal(ageOf('2026-11-21T02:44:00Z', now), '16m')
  assert.equal(ageOf(undefined, now), '<unknown>')
})
