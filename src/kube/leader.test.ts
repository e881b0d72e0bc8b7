import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../manifest/clock.ts'
import type { KubeObject } from '../manifest/object.ts'
import { drivenClock } from '../sandbox/clock.ts'
import { ApiError, type Cluster } from './cluster.ts'
import { runElection } from './leader.ts'

/** One Lease with optimistic locking, and a switch that cuts the line to it. */
function leaseStore() {
  let lease: KubeObject | undefined
  let version = 0
  const conflict = () => new ApiError({ code: 409, reason: 'Conflict', message: 'changed' })
  const store = {
    get spec() {
      return (lease?.['spec'] ?? {}) as Readonly<Record<string, unknown>>
    },
    clusterFor(reachable: () => boolean): Pick<Cluster, 'get' | 'create' | 'update'> {
      const reach = () => {
        if (!reachable()) throw new ApiError({ code: 0, reason: 'Unreachable', message: 'down' })
      }
      const put = (object: KubeObject) => {
        lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } }
        return lease
      }
      return {
        async get() {
          reach()
          return lease
        },
        async create(object) {
          reach()
          if (lease !== undefined) throw conflict()
          return put(object)
        },
        async update(object) {
          reach()
          if (object.metadata.resourceVersion !== lease?.metadata.resourceVersion) throw conflict()
          return put(object)
        },
      }
    },
  }
  return store
}

function setUp() {
  const clock = drivenClock(0)
  const store = leaseStore()
  const log: string[] = []
  const reachable: Record<string, boolean> = { a: true, b: true }
  const candidate = (identity: string, own: Clock = clock) =>
    runElection(
      store.clusterFor(() => reachable[identity] ?? true),
      {
        namespace: 'flux-system',
        name: 'lockstep',
        identity,
        fieldManager: 'lockstep',
        clock: own,
        random: () => 0,
        onLead: signal => {
          log.push(`${identity} leads`)
          signal.addEventListener('abort', () => log.push(`${identity} is out: ${signal.reason.message}`))
        },
      },
    )
  return { clock, store, log, reachable, candidate }
}

test('one leads, the other takes over at once when the lease is given back', async () => {
  const { clock, store, log, candidate } = setUp()
  const a = candidate('a')
  await clock.advance(10)
  const b = candidate('b')
  await clock.advance(60_000)
  assert.deepEqual(log, ['a leads'])
  assert.deepEqual([a.leading, b.leading, b.holder], [true, false, 'a'])
  await a.stop()
  assert.equal(store.spec['holderIdentity'], '')
  await clock.advance(5_000)
  assert.deepEqual(log, ['a leads', 'a is out: the election was stopped', 'b leads'])
  assert.equal(store.spec['leaseDurationSeconds'], 35)
  assert.match(String(store.spec['renewTime']), /^1970-01-01T00:01:\d\d\.\d{6}Z$/)
  await b.stop()
})

test('a leader that cannot renew steps down before another may lead', async () => {
  const { clock, log, reachable, candidate } = setUp()
  const a = candidate('a')
  await clock.advance(10)
  const b = candidate('b')
  await clock.advance(20_000)
  reachable['a'] = false
  await clock.advance(29_000)
  assert.deepEqual(log, ['a leads'])
  await clock.advance(1_500)
  assert.deepEqual(log, ['a leads', 'a is out: the lease could not be renewed'])
  assert.equal(b.leading, false)
  await clock.advance(10_000)
  assert.equal(log.at(-1), 'b leads')
  reachable['a'] = true
  await clock.advance(60_000)
  assert.deepEqual([a.leading, a.holder, b.leading], [false, 'b', true])
  await Promise.all([a.stop(), b.stop()])
})

test('a clock that is set forwards takes no lease away, and one that is set back lets nobody wait longer', async () => {
  const { clock, log, reachable, candidate } = setUp()
  let offset = 0
  const set: Clock = { ...clock, now: () => clock.now() + offset }
  candidate('a', set)
  await clock.advance(10)
  candidate('b', set)
  await clock.advance(60_000)
  for (const hour of [1, -2, 3]) {
    offset = hour * 3_600_000
    await clock.advance(60_000)
  }
  assert.deepEqual(log, ['a leads'])
  reachable['a'] = false
  await clock.advance(4_000)
  offset = -10 * 3_600_000
  await clock.advance(60_000)
  assert.deepEqual(log, ['a leads', 'a is out: the lease could not be renewed', 'b leads'])
})

test('the lease is given back also where the end comes in the middle of its renewal', async () => {
  const { clock, store } = setUp()
  const cluster = store.clusterFor(() => true)
  const election = runElection(
    {
      ...cluster,
      async update(object, options) {
        const updated = await cluster.update(object, options)
        // The answer to a renewal never comes.
        if (options.signal === undefined) return updated
        return await new Promise((_, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
        )
      },
    },
    { namespace: 'flux-system', name: 'lockstep', identity: 'a', fieldManager: 'lockstep', clock, onLead: () => {} },
  )
  await clock.advance(5_000)
  assert.equal(store.spec['holderIdentity'], 'a')
  await election.stop()
  assert.equal(store.spec['holderIdentity'], '')
})
