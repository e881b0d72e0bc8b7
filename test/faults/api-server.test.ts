import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReal } from '../cluster/real.ts'
import { type Random, randomFrom } from '../support/kube-sequences/random.ts'
import type { ApiFault, ApiProxy } from './api-proxy.ts'
import { running } from './engine.ts'
import { type Fleet, NAMESPACE, nextFleet } from './fleet.ts'
import { IS_LONG, ROUNDS, SEED, SHORT_LEASE } from './settings.ts'
import { openStage, type Stage } from './stage.ts'

const skip = skipReal()
const timeout = 1_800_000
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', namespace: NAMESPACE }
/** What may be asked of an API server that is down or answers nothing but errors, right after it was well, when much is in flight. */
const MOST_PER_SECOND = 80

/** A stage without controllers, which have no part in these tests, and an engine behind a proxy that is done with the first commit. */
async function settledStage(t: Parameters<typeof openStage>[0], random: Random, flags: readonly string[] = []) {
  const { deployment: _, ...application } = nextFleet({}, random, 0)['app-0']!
  const stage = await openStage(t, { 'app-0': application }, { controllers: false })
  const { proxy, kubeconfig } = await stage.proxy()
  const folder = await stage.folder('engine')
  const start = () => stage.engine({ kubeconfig, folder, flags })
  const engine = await running(start())
  await stage.witness.reached(await stage.push(stage.fleet))
  return { stage, proxy, engine, start }
}

/** Without Deployments, which nobody would roll out. */
function plainFleet(fleet: Fleet, random: Random, version: number): Fleet {
  const next = Object.entries(nextFleet(fleet, random, version))
  return Object.fromEntries(next.map(([name, { deployment: _, ...application }]) => [name, application]))
}

/** Changes one object of the fleet and deletes another, as people do. */
async function meddle({ fleet, witness }: Stage, random: Random): Promise<void> {
  const configs = Object.values(fleet).flatMap(each => Object.keys(each.configs))
  const [changed, deleted] = random.some(configs, Math.min(configs.length, 2))
  const patch = { data: { value: 'by hand', extra: 'by hand' } }
  if (changed !== undefined) await witness.changeByHand({ ...CONFIG_MAP, name: changed }, patch)
  if (deleted !== undefined) await witness.deleteByHand({ ...CONFIG_MAP, name: deleted })
}

/** Time has to pass for this one: counts what is asked within some seconds. */
async function requestsWithin(proxy: ApiProxy, seconds: number): Promise<number> {
  const before = proxy.requests.length
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  return proxy.requests.length - before
}

test(`the API server is killed in the middle of changes (seed ${SEED})`, { skip, timeout }, async t => {
  const random = randomFrom(SEED)
  const { stage, proxy } = await settledStage(t, random)
  const rounds = Math.max(2, Math.ceil(ROUNDS / 10))
  for (let round = 1; round <= rounds; round++) {
    let left = 1 + random.below(30)
    const moment = proxy.next(() => --left === 0)
    await meddle(stage, random)
    const pushed = await stage.push(plainFleet(stage.fleet, random, 2 * round))
    await Promise.race([moment, stage.witness.reached(pushed)])
    await stage.plane.kill('kube-apiserver')
    const commit = await stage.commit(plainFleet(stage.fleet, random, 2 * round + 1))
    if (round === rounds) {
      const seconds = IS_LONG ? 20 : 5
      const count = await requestsWithin(proxy, seconds)
      assert.ok(count <= MOST_PER_SECOND * seconds, `${count} requests in ${seconds} s to a server that is down`)
    }
    await stage.plane.restart('kube-apiserver')
    await stage.ask()
    await stage.witness.reached(commit)
  }
  await proxy.quiet(2000, 60_000)
})

test('an engine that cannot renew its lease ends; the next one waits for the API server and goes on', {
  skip,
  timeout,
}, async t => {
  const random = randomFrom(SEED)
  const { stage, engine, proxy, start } = await settledStage(t, random, SHORT_LEASE)
  await stage.plane.kill('kube-apiserver')
  await engine.said(/the lease flux-system\/lockstep-leader-election was lost: the lease could not be renewed/)
  assert.equal(await engine.exited, 1)
  const commit = await stage.commit(plainFleet(stage.fleet, random, 1))
  const second = start()
  await second.said(/the lease cannot be read or written/)
  await stage.plane.restart('kube-apiserver')
  await stage.witness.reached(commit)
  await proxy.quiet(2000, 60_000)
})

/** A bad day of the API server: a third of what is asked goes wrong, or takes long. */
function badDay(random: Random): () => ApiFault | undefined {
  return () => {
    if (!random.chance(0.35)) return undefined
    return random.pick<ApiFault>([
      { kind: 'answer', status: 429, retryAfter: 1 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 503 },
      { kind: 'reset' },
      { kind: 'lost' },
      { kind: 'slow', milliseconds: 1 + random.below(1500) },
    ])
  }
}

test(`an API server that is slow, refuses, fails, resets and drops watches (seed ${SEED})`, {
  skip,
  timeout,
}, async t => {
  const random = randomFrom(SEED)
  const { stage, proxy } = await settledStage(t, random)
  for (let round = 1; round <= Math.max(2, Math.ceil(ROUNDS / 10)); round++) {
    proxy.fault(badDay(random))
    proxy.cutWatches()
    await meddle(stage, random)
    const commit = await stage.push(plainFleet(stage.fleet, random, round))
    await stage.witness.reached(commit, 180_000)
    proxy.fault(undefined)
  }
  for (const status of [429, 500, 503] as const) {
    proxy.fault(() => ({ kind: 'answer', status, ...(status === 429 && { retryAfter: 1 }) }))
    proxy.cutWatches()
    await stage.push(plainFleet(stage.fleet, random, status))
    const seconds = IS_LONG ? 15 : 3
    const count = await requestsWithin(proxy, seconds)
    assert.ok(count <= MOST_PER_SECOND * seconds, `${count} requests in ${seconds} s that were all answered ${status}`)
    // In between it is well: an engine that could not renew its lease for half a minute would end.
    proxy.fault(undefined)
    await stage.witness.reached(await stage.push(plainFleet(stage.fleet, random, 1000 + status)))
  }
  await proxy.quiet(2000, 60_000)
})

async function etcdCall(stage: Stage, path: string, body: unknown): Promise<{ readonly header: { revision: string } }> {
  const answer = await fetch(`${stage.plane.etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  return JSON.parse(text) as { header: { revision: string } }
}

test(`etcd is compacted while watches are cut off (seed ${SEED})`, { skip, timeout }, async t => {
  const random = randomFrom(SEED)
  const { stage, proxy } = await settledStage(t, random)
  for (let round = 1; round <= (IS_LONG ? 5 : 1); round++) {
    const before = proxy.expired
    proxy.fault(({ isWatch }) => (isWatch ? { kind: 'reset' } : undefined))
    assert.ok(proxy.cutWatches() > 0)
    await meddle(stage, random)
    const { header } = await etcdCall(stage, 'range', { key: 'AA==' })
    await etcdCall(stage, 'compaction', { revision: header.revision, physical: true })
    // A new API server has no older versions in its cache than etcd has.
    await stage.plane.kill('kube-apiserver')
    await stage.plane.restart('kube-apiserver')
    const commit = await stage.push(plainFleet(stage.fleet, random, round))
    proxy.fault(undefined)
    await stage.witness.reached(commit)
    await proxy.quiet(2000, 60_000)
    assert.ok(proxy.expired > before, 'no watch was told that its version is too old')
  }
})
