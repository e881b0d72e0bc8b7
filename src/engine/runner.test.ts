import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../manifest/clock.ts'
import { createRunner, type Run } from './runner.ts'

/** Time that stands still until a test moves it. */
function manualClock() {
  let at = 0
  let timers: { due: number; callback: () => void }[] = []
  const clock: Clock = {
    now: () => at,
    elapsed: () => at,
    after(ms, callback) {
      const timer = { due: at + ms, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter(each => each !== timer)
      }
    },
  }
  const advance = (ms: number) => {
    at += ms
    const due = timers.filter(timer => timer.due <= at)
    timers = timers.filter(timer => timer.due > at)
    for (const timer of due) timer.callback()
  }
  return { clock, random: () => 0.5, advance, pending: () => timers.map(timer => timer.due - at) }
}

/** A gate that work waits at until the test opens it. */
function gate() {
  return Promise.withResolvers<void>()
}

const fail = (_key: string, error: unknown) => assert.fail(String(error))

test('triggers of a waiting key are one run; a trigger during the run is one more', async () => {
  const { clock, random } = manualClock()
  const first = gate()
  let runs = 0
  const work = async () => {
    if (++runs === 1) await first.promise
    return {}
  }
  const runner = createRunner({ concurrency: 1, clock, random, work, onError: fail })
  runner.trigger('a')
  runner.trigger('a')
  await Promise.resolve()
  runner.trigger('a')
  runner.trigger('a')
  first.resolve()
  await runner.idle()
  assert.equal(runs, 2)
})

test('a key that waits gives its slot to others', async () => {
  const { clock, random } = manualClock()
  const health = gate()
  const order: string[] = []
  const work = async (key: string, run: Run) => {
    if (key === 'slow') await run.yieldSlot(health.promise)
    order.push(key)
    return {}
  }
  const runner = createRunner({ concurrency: 1, clock, random, work, onError: fail })
  runner.trigger('slow')
  runner.trigger('quick')
  await new Promise(resolve => setImmediate(resolve))
  health.resolve()
  await runner.idle()
  assert.deepEqual(order, ['quick', 'slow'])
})

test('newer input pre-empts a run', async () => {
  const { clock, random } = manualClock()
  let runs = 0
  const work = async (_key: string, { signal }: Run) => {
    if (++runs === 1) await new Promise(resolve => signal.addEventListener('abort', resolve))
    return {}
  }
  const runner = createRunner({ concurrency: 1, clock, random, work, onError: fail })
  runner.trigger('a')
  await Promise.resolve()
  runner.trigger('a', { preempt: true })
  await runner.idle()
  assert.equal(runs, 2)
})

test('a key comes again after its interval, and sooner when triggered', async () => {
  const { clock, random, advance, pending } = manualClock()
  let runs = 0
  const work = async () => {
    runs++
    return { afterMs: 1000 }
  }
  const runner = createRunner({ concurrency: 2, clock, random, work, onError: fail })
  runner.trigger('a')
  await runner.idle()
  advance(1000)
  await runner.idle()
  assert.equal(runs, 2)
  runner.trigger('a')
  await runner.idle()
  assert.deepEqual([runs, pending()], [3, [1000]])
})

test('an exception is told and tried again later each time', async () => {
  const { clock, random, advance, pending } = manualClock()
  const errors: unknown[] = []
  const work = async () => {
    throw new Error('no luck')
  }
  const runner = createRunner({ concurrency: 1, clock, random, work, onError: (_, error) => errors.push(error) })
  runner.trigger('a')
  await runner.idle()
  const [first = 0] = pending()
  advance(first)
  await runner.idle()
  assert.equal(errors.length, 2)
  assert.ok((pending()[0] ?? 0) > first)
})

test('stopping aborts what runs and starts nothing more', async () => {
  const { clock, random, pending } = manualClock()
  const seen: string[] = []
  const work = async (key: string, { signal }: Run) => {
    seen.push(key)
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    return { afterMs: 5 }
  }
  const runner = createRunner({ concurrency: 1, clock, random, work, onError: fail })
  runner.trigger('a')
  runner.trigger('b')
  await Promise.resolve()
  await runner.stop()
  assert.deepEqual([seen, pending()], [['a'], []])
})

test('stopping with grace finishes work, aborts waits at once, and aborts what works too long', async () => {
  const { advance, clock, random } = manualClock()
  const apply = gate()
  const aborted: string[] = []
  const untilAborted = ({ signal }: Run) =>
    new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  const work = async (key: string, run: Run) => {
    run.signal.addEventListener('abort', () => aborted.push(key))
    if (key === 'applies') await apply.promise
    if (key === 'waits') await run.yieldSlot(untilAborted(run))
    if (key === 'hangs') await untilAborted(run)
    return {}
  }
  const runner = createRunner({ concurrency: 3, clock, random, work, onError: fail })
  for (const key of ['applies', 'waits', 'hangs']) runner.trigger(key)
  await new Promise(resolve => setImmediate(resolve))
  const stopped = runner.stop({ graceMs: 1000 })
  assert.deepEqual(aborted, ['waits'])
  apply.resolve()
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(aborted, ['waits'])
  advance(1000)
  await stopped
  assert.deepEqual(aborted, ['waits', 'hangs'])
})

test('a key that was forgotten while it ran begins anew only after that run', async () => {
  const { clock, random } = manualClock()
  let active = 0
  let runs = 0
  const work = async () => {
    assert.equal(++active, 1)
    runs++
    await new Promise(resolve => setImmediate(resolve))
    active--
    return { afterMs: 5 }
  }
  const runner = createRunner({ concurrency: 4, clock, random, work, onError: fail })
  runner.trigger('a')
  await Promise.resolve()
  runner.forget('a')
  runner.trigger('a')
  await runner.idle()
  assert.equal(runs, 2)
})

test('there is leisure when no burst of work goes on, and no crowd is expected back', async () => {
  const { clock, random, advance } = manualClock()
  const health = gate()
  const work = async (_: string, run: Run) => {
    await run.yieldSlot(health.promise)
    return {}
  }
  const settle = () => new Promise(resolve => setImmediate(resolve))
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      advance(100)
      await settle()
    }
  }
  const runner = createRunner({ concurrency: 2, clock, random, work, onError: fail })
  let isCalm = false
  const ask = async () => {
    isCalm = false
    void runner.leisure().then(() => {
      isCalm = true
    })
    await settle()
  }
  await pass(5000)
  runner.trigger('a')
  await settle()
  await ask()
  assert.ok(isCalm, 'one is no burst')
  runner.trigger('b')
  await settle()
  await ask()
  assert.ok(!isCalm, 'two of two slots are one')
  await pass(1000)
  assert.ok(isCalm, 'it is over; those that wait are no more than may work at once')
  runner.trigger('c')
  await settle()
  await ask()
  await pass(13_000)
  assert.ok(!isCalm, 'three are a crowd')
  await pass(2500)
  assert.ok(isCalm, 'nobody expects them back any moment now')
  health.resolve()
  await runner.idle()
})
