import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

test('durations read as Go reads them', () => {
  const cases: Record<string, number | undefined> = {
    '10m': 600_000,
    '1h30m': 5_400_000,
    '1.5s': 1500,
    '.5s': 500,
    '750ms': 750,
    '0': 0,
    '-1m': -60_000,
    '': undefined,
    '5': undefined,
    '1d': undefined,
    m: undefined,
    '1 m': undefined,
  }
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text)
})

test('durations print as Go prints them', () => {
  assert.equal(formatDuration(600_000), '10m0s')
  assert.equal(formatDuration(3_600_000), '1h0m0s')
  assert.equal(formatDuration(30_000), '30s')
  assert.equal(formatDuration(1500), '1.5s')
  assert.equal(formatDuration(114.309), '114.309ms')
  assert.equal(formatDuration(0), '0s')
  assert.equal(formatDuration(100_000), '1m40s')
})

test('what is printed reads back', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), ms => parseDuration(formatDuration(ms)) === ms))
})
