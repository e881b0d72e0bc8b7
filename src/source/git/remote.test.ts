import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteError } from './failure.ts'
import { refPoller } from './remote.ts'
import type { RemoteRefs } from './remote-refs.ts'

/** A remote whose answers the test gives one by one. */
function manualRemote() {
  const asked: { prefixes: readonly string[]; answer(refs: RemoteRefs): void; fail(error: Error): void }[] = []
  let wake = () => {}
  return {
    asked,
    list: (prefixes: readonly string[]) =>
      new Promise<RemoteRefs>((answer, fail) => {
        asked.push({ prefixes, answer, fail })
        wake()
      }),
    async request(index: number) {
      while (asked.length <= index) await new Promise<void>(resolve => (wake = resolve))
      return asked[index]!
    },
  }
}

async function refused(answer: Promise<unknown>): Promise<RemoteError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof RemoteError)
  return error
}

const none: RemoteRefs = new Map()
const call = { timeoutMs: 1000 }

test('whoever comes while a request is under way shares the next one, which asks for everything they want', async () => {
  const remote = manualRemote()
  const poller = refPoller(remote, { elapsed: () => 0, random: () => 1 })
  const first = poller.list(['a'], call)
  const running = await remote.request(0)
  const others = [poller.list(['b'], call), poller.list(['c', 'b'], call)]
  running.answer(none)
  await first
  const second = await remote.request(1)
  assert.deepEqual(second.prefixes, ['b', 'c'])
  second.answer(none)
  await Promise.all(others)
  assert.equal(remote.asked.length, 2)
})

test('waiting doubles with every failure, up to five minutes, and ends with a success', async () => {
  let now = 0
  let healthy = false
  let requests = 0
  const list = async () => {
    requests++
    if (!healthy) throw new RemoteError('unreachable', 'down')
    return none
  }
  const poller = refPoller({ list }, { elapsed: () => now, random: () => 1 })
  const waits: number[] = []
  for (let i = 0; i < 11; i++) {
    await assert.rejects(poller.list([], call), /down/)
    const before = requests
    const error = await refused(poller.list([], call))
    assert.equal(requests, before)
    waits.push(error.retryAfter ?? 0)
    now += (error.retryAfter ?? 0) * 1000
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  healthy = true
  await poller.list([], call)
  healthy = false
  await assert.rejects(poller.list([], call))
  assert.equal((await refused(poller.list([], call))).retryAfter, 1)
})

test('wrong credentials make nobody else wait', async () => {
  let requests = 0
  const list = async () => {
    requests++
    throw new RemoteError('authentication', 'no')
  }
  const poller = refPoller({ list }, { elapsed: () => 0, random: () => 1 })
  for (let i = 0; i < 3; i++) await assert.rejects(poller.list([], call))
  assert.equal(requests, 3)
})

test('one who gives up does not end the request for the others', async () => {
  const remote = manualRemote()
  const poller = refPoller(remote, { elapsed: () => 0, random: () => 1 })
  const control = new AbortController()
  const impatient = poller.list(['a'], { ...call, signal: control.signal })
  const patient = poller.list(['a'], call)
  const request = await remote.request(0)
  control.abort()
  await assert.rejects(impatient, /context canceled/)
  request.answer(none)
  assert.equal(await patient, none)
})
