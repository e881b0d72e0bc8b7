import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLease } from '../../src/kube/lease.ts'
import { skipReal } from '../cluster/real.ts'
import { randomFrom } from '../support/kube-sequences/random.ts'
import { type ApiProxy, isUpkeep, type ProxiedRequest } from './api-proxy.ts'
import { type EngineChild, running } from './engine.ts'
import { type Fleet, nextFleet } from './fleet.ts'
import { SEED, SHORT_LEASE } from './settings.ts'
import { openStage, type Stage } from './stage.ts'

const skip = skipReal()
const timeout = 600_000
const ELECTED = '--enable-leader-election'
const LEASE = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  namespace: 'flux-system',
  name: 'lockstep-leader-election',
}
/** Longer than any of these tests: whoever takes over before has not waited for it. */
const LONG_LEASE = [
  '--leader-election-lease-duration=15m',
  '--leader-election-renew-deadline=10m',
  '--leader-election-retry-period=250ms',
]

interface Candidate {
  readonly engine: EngineChild
  readonly proxy: ApiProxy
}

/** An engine with a folder and a way to the API server of its own. */
async function candidate(stage: Stage, flags: readonly string[], folder?: string): Promise<Candidate> {
  const { proxy, kubeconfig } = await stage.proxy()
  return { proxy, engine: stage.engine({ kubeconfig, folder: folder ?? (await stage.folder('engine')), flags }) }
}

/** What it wrote besides its claim to the lease. */
function writesOf({ proxy }: Candidate): readonly ProxiedRequest[] {
  return proxy.requests.filter(request => request.method !== 'GET' && !isUpkeep(request))
}

function firstFleet(): Fleet {
  return nextFleet({}, randomFrom(SEED), 0)
}

test('the standby takes over from a leader that was killed, when the lease has expired', { skip, timeout }, async t => {
  const stage = await openStage(t, firstFleet())
  const first = await candidate(stage, [ELECTED, ...SHORT_LEASE])
  await running(first.engine)
  const second = await candidate(stage, [ELECTED, ...SHORT_LEASE])
  await second.engine.said(/another engine holds the lease/)
  await stage.witness.reached(await stage.push(stage.fleet))
  assert.deepEqual(writesOf(second), [])

  await first.engine.kill()
  const commit = await stage.push(nextFleet(stage.fleet, randomFrom(SEED), 1))
  await running(second.engine)
  await stage.witness.reached(commit)
  await second.proxy.quiet(2000, 60_000)
})

test('a leader that stops hands over at once, however long its lease is', { skip, timeout }, async t => {
  const stage = await openStage(t, firstFleet())
  const first = await candidate(stage, [ELECTED, ...LONG_LEASE])
  await running(first.engine)
  const second = await candidate(stage, [ELECTED, ...LONG_LEASE])
  await second.engine.said(/another engine holds the lease/)
  const commit = await stage.push(nextFleet(stage.fleet, randomFrom(SEED), 1))
  assert.equal(await first.engine.stop(), 0)
  await running(second.engine)
  await stage.witness.reached(commit)
  const written = writesOf(first).length
  await stage.witness.reached(await stage.push(nextFleet(stage.fleet, randomFrom(SEED), 2)))
  assert.equal(writesOf(first).length, written)
})

const REFUSAL =
  /another engine serves this cluster: '\S+' holds the Lease flux-system\/lockstep-leader-election and renews it\. .*stop one of them, start both with --enable-leader-election, or divide the objects among them with --watch-label-selector/

for (const place of ['another folder', 'the same folder'])
  test(`a second engine without election, on ${place}, is refused and changes nothing`, { skip, timeout }, async t => {
    const stage = await openStage(t, firstFleet(), { controllers: false })
    const folder = await stage.folder('engine')
    const unelected = ['--enable-leader-election=false', ...SHORT_LEASE]
    const first = await candidate(stage, unelected, folder)
    await running(first.engine)
    const second = await candidate(stage, unelected, place === 'the same folder' ? folder : undefined)
    await second.engine.said(REFUSAL)
    assert.equal(await second.engine.exited, 1)
    assert.deepEqual(writesOf(second), [])
    assert.deepEqual(
      first.engine.lines.filter(line => line.includes('"another engine')),
      [],
    )
  })

test('of two engines without election that start at once, one serves and one is refused', {
  skip,
  timeout,
}, async t => {
  const stage = await openStage(t, firstFleet(), { controllers: false })
  const unelected = ['--enable-leader-election=false', ...SHORT_LEASE]
  const both = [await candidate(stage, unelected), await candidate(stage, unelected)] as const
  const isRefused = await Promise.race(both.map(each => each.engine.exited.then(() => each)))
  const other = both.find(each => each !== isRefused)!
  assert.match(isRefused.engine.lines.join('\n'), REFUSAL)
  assert.deepEqual(writesOf(isRefused), [])
  await running(other.engine)
  const lease = await stage.user.get(LEASE)
  assert.ok(lease !== undefined)
  assert.equal(readLease(lease).transitions, 0)
})
