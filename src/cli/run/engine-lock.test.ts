import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestCluster } from '../../../test/support/test-cluster.ts'
import type { Election } from '../../kube/leader.ts'
import { type EngineLockOptions, holdEngineLock, leaseNameFor } from './engine-lock.ts'

const quick = { leaseDuration: 900, renewDeadline: 600, retryPeriod: 100, release: true }

/** Candidates for one Lease of a test cluster's namespace. */
async function candidates(t: { after(task: () => unknown): void }) {
  const cluster = await openTestCluster()
  const client = cluster.connect()
  const namespace = `lock-${process.pid}-${Date.now()}`
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { fieldManager: 'test' })
  t.after(async () => {
    await client.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
    await cluster.stop()
  })
  const start = (identity: string, enabled: boolean, more: Partial<EngineLockOptions> = {}) => {
    const held = Promise.withResolvers<AbortSignal>()
    const refused = Promise.withResolvers<Error>()
    const election: Election = holdEngineLock({
      cluster: client,
      namespace,
      name: leaseNameFor(undefined),
      identity,
      election: { ...quick, enabled },
      onHeld: held.resolve,
      onRefused: refused.resolve,
      ...more,
    })
    t.after(() => election.stop())
    return { election, held: held.promise, refused: refused.promise }
  }
  return { start, client, namespace }
}

test('a second engine without election is refused while the first one lives', async t => {
  const { start, namespace } = await candidates(t)
  await start('first', false).held
  const { message } = await start('second', false).refused
  assert.match(
    message,
    new RegExp(
      `^another engine serves this cluster: 'first' holds the Lease ${namespace}/lockstep-leader-election and renews it\\. `,
    ),
  )
})

test('an engine without election is refused beside one with it', async t => {
  const { start } = await candidates(t)
  await start('first', true).held
  await start('second', false).refused
})

test('an engine without election goes on where another one has crashed', async t => {
  const { start, client } = await candidates(t)
  const dead = { ...client, update: () => Promise.reject(new Error('crashed')) }
  await start('crashed', false, { cluster: dead }).held
  const next = start('next', false)
  const refused = next.refused.then(error => assert.fail(error))
  await Promise.race([next.held, refused])
})

test('with election the second one stands by and takes over when the first one ends', async t => {
  const { start } = await candidates(t)
  const first = start('first', true)
  await first.held
  const seen = Promise.withResolvers<string>()
  const second = start('second', true, { onHolder: seen.resolve })
  assert.equal(await seen.promise, 'first')
  await first.election.stop()
  await second.held
})

test('each shard has a lease of its own', () => {
  const names = [undefined, 'sharding.fluxcd.io/key=shard1', '!sharding.fluxcd.io/key'].map(leaseNameFor)
  assert.equal(names[0], 'lockstep-leader-election')
  assert.equal(new Set(names).size, 3)
  for (const name of names) assert.match(name, /^[a-z0-9-]{1,63}$/)
})
