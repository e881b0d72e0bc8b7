import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { skipReal } from '../cluster/real.ts'
import { installFluxDefinitions, startFluxControllers } from '../support/flux-controllers.ts'
import { install } from './installation.ts'
import { linesOf } from './printed.ts'
import { seriesIn } from './series.ts'
import { type Server, type Told, tell } from './story.ts'
import { inOurWords } from './wording.ts'

/*
 * One story, told twice with the stock flux CLI: once the real Flux serves the cluster, once an installation of Lockstep.
 */

async function toldBy(serve: (cluster: ControlPlane, user: KubeClient) => Promise<Server>): Promise<Told> {
  const cluster = await startControlPlane()
  const user = connectCluster(await loadConnection({ kubeconfig: cluster.kubeconfig }))
  try {
    const server = await serve(cluster, user)
    try {
      return await tell(user, cluster.kubeconfig, server)
    } finally {
      await server.stop()
    }
  } finally {
    await user.close()
    await cluster.stop()
  }
}

test('a story that the flux CLI tells of Flux and of Lockstep', { skip: skipReal() }, async t => {
  const theirs = await toldBy(async (cluster, user) => {
    await installFluxDefinitions(user)
    return await startFluxControllers(cluster, user)
  })
  const ours = await toldBy(cluster => install(cluster))
  for (const [index, expected] of theirs.commands.entries()) {
    const actual = ours.commands[index]
    await t.test(`${index} ${expected.command}`, () => {
      assert.ok(actual !== undefined)
      assert.deepEqual(linesOf(actual), inOurWords(linesOf(expected)))
    })
  }
  await t.test('the metrics that alerts and dashboards rely on', () => {
    const missing = [...seriesIn(theirs.metrics)].filter(each => !seriesIn(ours.metrics).has(each))
    assert.deepEqual(missing.toSorted(), [])
  })
})
