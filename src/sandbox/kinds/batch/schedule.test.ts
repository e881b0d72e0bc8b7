import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextTime, parseSchedule } from './schedule.ts'

function next(line: string, from: string, zone?: string): string | undefined {
  const schedule = parseSchedule(line)
  if (typeof schedule === 'string') throw new Error(schedule)
  const time = nextTime(schedule, Date.parse(from), zone)
  return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16)
}

test('the next time of a schedule', () => {
  assert.equal(next('* * * * *', '2026-01-01T00:00:00Z'), '2026-01-01T00:01')
  assert.equal(next('*/15 * * * *', '2026-01-01T00:07:30Z'), '2026-01-01T00:15')
  assert.equal(next('30 4 * * *', '2026-01-01T05:00:00Z'), '2026-01-02T04:30')
  assert.equal(next('0 0 1 * *', '2026-01-01T00:00:00Z'), '2026-02-01T00:00')
  assert.equal(next('0 9 * * mon-fri', '2026-01-02T10:00:00Z'), '2026-01-05T09:00')
  assert.equal(next('0 0 13 * fri', '2026-01-01T00:00:00Z'), '2026-01-02T00:00', 'either of the two')
  assert.equal(next('@hourly', '2026-01-01T00:30:00Z'), '2026-01-01T01:00')
  assert.equal(next('@every 90s', '2026-01-01T00:00:00Z'), '2026-01-01T00:01')
  assert.equal(next('0 9 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin'), '2026-07-01T07:00')
  assert.equal(next('0 0 30 2 *', '2026-01-01T00:00:00Z'), undefined, 'never')
})

test('what is no schedule gets the words of the API server', () => {
  const refused = {
    '': 'empty spec string',
    '* * * *': 'expected exactly 5 fields, found 4: [* * * *]',
    '61 * * * *': 'end of range (61) above maximum (59): 61',
    '* * 0 * *': 'beginning of range (0) below minimum (1): 0',
    '*/0 * * * *': 'step of range should be a positive number: */0',
    '5-1 * * * *': 'beginning of range (5) beyond end of range (1): 5-1',
    '@often': 'unrecognized descriptor: @often',
  }
  for (const [line, message] of Object.entries(refused)) assert.equal(parseSchedule(line), message)
})

test('any line is read or refused, and what is read fires later than asked', () => {
  const part = fc.constantFrom('*', '*/7', '1', '3-5', '2,4', '0', 'mon', 'x', '60', '1-2-3')
  fc.assert(
    fc.property(fc.array(part, { minLength: 4, maxLength: 6 }), fc.nat(4_000_000_000), (parts, seconds) => {
      const schedule = parseSchedule(parts.join(' '))
      if (typeof schedule === 'string') return
      const time = nextTime(schedule, seconds * 1000)
      if (time !== undefined) assert.ok(time > seconds * 1000 && time % 60_000 === 0)
    }),
  )
})
