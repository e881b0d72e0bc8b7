import { test } from 'node:test'
import { startEngineProcess } from '../../src/cli/engine-process.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'
import { skipReal } from '../cluster/real.ts'
import { type Fleet, NAMESPACE } from './fleet.ts'
import { jumpingClock } from './jumping-clock.ts'
import { repositoryFails } from './repository.ts'
import { IS_LONG } from './settings.ts'
import { openStage } from './stage.ts'

const HOUR = 3_600_000
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', namespace: NAMESPACE }
const REPOSITORY = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  namespace: NAMESPACE,
  name: 'fleet',
}

const JUMPS = [
  { jump: HOUR, name: 'web-a' },
  { jump: -HOUR, name: 'web-b' },
  { jump: -2 * HOUR, name: 'shop-a' },
  { jump: HOUR, name: 'shop-b' },
]
/** So many changes by hand in a row are undone at once; each after that later than the one before. */
const FIGHT = 6

function fleetAt(value: string): Fleet {
  return {
    web: { configs: { 'web-a': value, 'web-b': value } },
    shop: { configs: { 'shop-a': value, 'shop-b': value } },
  }
}

test('the clock jumps', { skip: skipReal(), timeout: 600_000 }, async t => {
  const stage = await openStage(t, fleetAt('first'), { controllers: false })
  const { proxy, kubeconfig } = await stage.proxy()
  const clock = jumpingClock()
  const cluster = connectCluster(await loadConnection({ kubeconfig }), { clock })
  const ledger = openSqliteLedger(':memory:')
  const engine = await startEngineProcess({
    cluster,
    dataDir: await stage.folder('engine'),
    ledger,
    log: jsonLogger(() => {}),
    settings: { concurrency: 8, noCrossNamespaceRefs: false, noRemoteBases: false, clusterName: 'test' },
    clock,
  })
  t.after(async () => {
    await engine.stop()
    await cluster.close()
    await ledger.close()
  })
  const interval = (value: string) =>
    stage.user.patch(REPOSITORY, { spec: { interval: value } }, { type: 'merge', fieldManager: 'user' })

  let commit = await stage.push(fleetAt('first'))
  await stage.witness.reached(commit)
  for (const [index, { jump, name }] of JUMPS.slice(0, IS_LONG ? JUMPS.length : 2).entries()) {
    const byHand = (value: string) => stage.witness.changeByHand({ ...CONFIG_MAP, name }, { data: { value } })
    await t.test(`by ${jump / HOUR} h while the API server refuses what is written`, async () => {
      proxy.fault(({ method }) => (method === 'PATCH' ? { kind: 'answer', status: 503 } : undefined))
      const isAsked = proxy.next(({ method }) => method === 'PATCH')
      await byHand(`during jump ${index}`)
      commit = await stage.push(fleetAt(`v${index}`))
      await isAsked
      clock.jump(jump)
      proxy.fault(undefined)
      await stage.witness.reached(commit)
    })

    await t.test(`by ${jump / HOUR} h while somebody fights over an object`, async () => {
      for (let time = 0; time < FIGHT; time++) {
        await byHand(`${time} before jump ${index}`)
        await stage.witness.reached(commit)
      }
      clock.jump(jump)
      await byHand(`after jump ${index}`)
      await stage.witness.reached(commit)
      commit = await stage.push(fleetAt(`pushed ${index}`))
      await stage.witness.reached(commit)
    })

    await t.test(`by ${jump / HOUR} h while the Git host is down; nobody tells of the commit after it`, async () => {
      stage.git.fault({ kind: 'cut' })
      await interval('2s')
      await repositoryFails(stage.user)
      clock.jump(jump)
      stage.git.fault(undefined)
      commit = await stage.commit(fleetAt(`found ${index}`))
      await stage.witness.reached(commit)
      clock.jump(-jump)
      commit = await stage.commit(fleetAt(`found again ${index}`))
      await stage.witness.reached(commit)
      await interval('10m')
    })
  }
  await proxy.quiet(2000, 60_000)
})
