import { test } from 'node:test'
import { startEngineProcess } from '../../src/cli/engine-process.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'
import { skipReal } from '../cluster/real.ts'
import type { ApiFault } from './api-proxy.ts'
import { type Fleet, NAMESPACE } from './fleet.ts'
import { jumpingClock } from './jumping-clock.ts'
import { openStage } from './stage.ts'

const HOUR = 3_600_000
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'web-a' }
const REPOSITORY = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  namespace: NAMESPACE,
  name: 'fleet',
}

function fleetAt(value: string): Fleet {
  return { web: { configs: { 'web-a': value, 'web-b': value } }, shop: { configs: { 'shop-a': value } } }
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
  const byHand = (value: string) =>
    stage.user.patch(CONFIG_MAP, { data: { value } }, { type: 'merge', fieldManager: 'kubectl-edit' })
  /** What fails now is tried again after a time that must not be an hour longer. */
  const refusal: ApiFault = { kind: 'answer', status: 503 }

  let commit = await stage.push(fleetAt('first'))
  await stage.witness.reached(commit)
  for (const [index, jump] of [HOUR, -HOUR, -2 * HOUR, HOUR].entries()) {
    // Reverts from before the jump count for the limit of reverts after it.
    for (const time of ['once', 'twice']) {
      await byHand(`${time} before jump ${index}`)
      await stage.witness.reached(commit)
    }
    await stage.commit(fleetAt(`v${index}`))
    stage.git.fault({ kind: 'cut', count: 1 })
    proxy.fault(({ method }) => (method === 'PATCH' ? refusal : undefined))
    const isAsked = proxy.next(({ method }) => method === 'PATCH')
    await byHand(`during jump ${index}`)
    commit = await stage.push(fleetAt(`v${index}`))
    await isAsked
    clock.jump(jump)
    proxy.fault(undefined)
    await stage.witness.reached(commit)

    await byHand(`after jump ${index}`)
    await stage.witness.reached(commit)
    commit = await stage.push(fleetAt(`pushed ${index}`))
    await stage.witness.reached(commit)

    // Nobody tells of this one: the interval finds it, though the clock jumps in the middle of it.
    await stage.user.patch(REPOSITORY, { spec: { interval: '2s' } }, { type: 'merge', fieldManager: 'user' })
    await engine.idle()
    clock.jump(-jump)
    clock.jump(jump)
    commit = await stage.commit(fleetAt(`found ${index}`))
    await stage.witness.reached(commit)
    await stage.user.patch(REPOSITORY, { spec: { interval: '10m' } }, { type: 'merge', fieldManager: 'user' })
  }
  await proxy.quiet(2000, 60_000)
})
