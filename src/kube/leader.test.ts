import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  const candidate = (identity: string) =>
    runElection(
      store.clusterFor(() => reachable[identity] ?? true),
      {
        namespace: 'flux-system',
        name: 'lockstep',
        identity,
        fieldManager: 'lockstep',
        clock,
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
