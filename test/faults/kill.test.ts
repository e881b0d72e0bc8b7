import { test } from 'node:test'
import { skipReal } from '../cluster/real.ts'
import { type Random, randomFrom } from '../support/kube-sequences/random.ts'
import type { ApiProxy } from './api-proxy.ts'
import { type EngineChild, running } from './engine.ts'
import { type Fleet, nextFleet } from './fleet.ts'
import { ROUNDS, SEED, SHORT_LEASE } from './settings.ts'
import { openStage } from './stage.ts'

/*
 * kill -9 at a moment that the seed chooses: when the engine is about to make its n-th request to the API server, when that
 * request is carried out and its answer lost, or some milliseconds after the push, which may be while it talks to Git or
 * writes to its disk. Some engines are killed once more while they start.
 */
const MOST_REQUESTS = 60
const MOST_MS = 800

/** Resolves when the moment has come. To call before what it is counted from; what is told is for the report. */
function moment(proxy: ApiProxy, random: Random): { readonly come: Promise<unknown>; readonly text: string } {
  if (random.chance(0.3)) {
    const ms = random.below(MOST_MS)
    return { come: new Promise(resolve => setTimeout(resolve, ms)), text: `${ms} ms after the push` }
  }
  let left = 1 + random.below(MOST_REQUESTS)
  const isLost = random.chance(0.5)
  const text = `${isLost ? 'after' : 'before'} request ${left}`
  const { promise, resolve } = Promise.withResolvers<void>()
  proxy.fault(({ isWatch }) => {
    if (isWatch || --left !== 0) return undefined
    resolve()
    return { kind: isLost ? 'lost' : 'reset' }
  })
  return { come: promise, text }
}

test(`${ROUNDS} kills during installs, upgrades and prunes (seed ${SEED})`, {
  skip: skipReal(),
  timeout: 3_600_000,
}, async t => {
  const random = randomFrom(SEED)
  let fleet: Fleet = nextFleet({}, random, 0)
  const stage = await openStage(t, fleet)
  const { proxy, kubeconfig } = await stage.proxy()
  const folder = await stage.folder('engine')
  let engine!: EngineChild
  let killed = 0
  let starved = 0
  /** One that could not renew its short lease on a busy machine is started again, as a Pod would be; no other end is right. */
  function start(): void {
    const started = stage.engine({ kubeconfig, folder, flags: SHORT_LEASE })
    engine = started
    void started.exited.then(code => {
      if (code !== 1 || engine !== started || !started.lines.at(-1)?.includes('the lease could not be renewed')) return
      starved++
      start()
    })
  }
  async function kill(): Promise<void> {
    const doomed = engine
    await doomed.kill()
    if (engine === doomed) start()
  }
  async function serving(): Promise<void> {
    const awaited = engine
    await running(awaited).catch(async error => {
      if (engine === awaited) throw error
      await serving()
    })
  }
  start()

  for (let round = 1; round <= ROUNDS; round++) {
    await serving()
    const { come, text } = moment(proxy, random)
    fleet = nextFleet(fleet, random, round)
    try {
      const commit = await stage.push(fleet)
      const reached = stage.witness.reached(commit)
      const isEarly = await Promise.race([come.then(() => true), reached.then(() => false)])
      proxy.fault(undefined)
      if (isEarly) killed++
      await kill()
      if (random.chance(0.2)) {
        let left = 1 + random.below(MOST_REQUESTS)
        await Promise.race([proxy.next(() => --left === 0), reached])
        await kill()
      }
      await reached
      await stage.witness.reached(commit)
    } catch (error) {
      const log = engine.lines.slice(-20).join('\n')
      throw new Error(`seed ${SEED}, round ${round}, killed ${text}: ${String(error)}\n${log}`, { cause: error })
    }
  }
  await serving()
  await proxy.quiet(2000, 60_000)
  t.diagnostic(`${killed} of ${ROUNDS} in the middle; ${starved} engines starved`)
})
