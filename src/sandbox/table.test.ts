import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, humanDuration } from './table.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test('spans of time are as exact as kubectl prints them', () => {
  const cases: [number, string][] = [
    [0, '0s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [9 * MINUTE + 5 * SECOND, '9m5s'],
    [10 * MINUTE + 5 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR + 5 * MINUTE, '3h5m'],
    [8 * HOUR + 5 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [2 * DAY + 3 * HOUR, '2d3h'],
    [8 * DAY + 3 * HOUR, '8d'],
    [729 * DAY, '729d'],
    [2 * 365 * DAY + 3 * DAY, '2y3d'],
    [8 * 365 * DAY + 3 * DAY, '8y'],
    [-5 * SECOND, '<invalid>'],
  ]
  for (const [span, text] of cases) assert.equal(humanDuration(span), text)
})

test('an object without a time has no known age', () => {
  assert.equal(age(undefined, 0), '<unknown>')
  assert.equal(age('1970-01-01T00:00:00Z', 5000), '5s')
})
