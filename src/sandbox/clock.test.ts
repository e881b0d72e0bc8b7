import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drivenClock, microTimestamp, timestamp } from './clock.ts'

test('a driven clock runs what is due in order of time, and what that schedules', async () => {
  const clock = drivenClock(0)
  const seen: string[] = []
  clock.after(300, () => seen.push(`late at ${clock.now()}`))
  clock.after(100, () => {
    seen.push(`first at ${clock.now()}`)
    clock.after(50, () => seen.push(`second at ${clock.now()}`))
  })
  const cancel = clock.after(120, () => seen.push('never'))
  cancel()
  await clock.advance(200)
  assert.deepEqual(seen, ['first at 100', 'second at 150'])
  assert.equal(clock.now(), 200)
  await clock.advance(100)
  assert.deepEqual(seen.at(-1), 'late at 300')
})

test('times are written as Kubernetes writes them', () => {
  assert.equal(timestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05Z')
  assert.equal(microTimestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05.678000Z')
})
