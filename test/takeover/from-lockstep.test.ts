import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { isReady } from '../../src/api/condition.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { type KubeObject, refOf } from '../../src/manifest/object.ts'
import { startControlPlane } from '../cluster/control-plane.ts'
import { skipReal } from '../cluster/real.ts'
import { install } from '../flux-cli/installation.ts'
import { settled } from '../flux-cli/settled.ts'
import { allowEmpty } from '../recordings/becomes-empty.ts'
import { readRecording } from '../recordings/recording.ts'
import { FLUX_KINDS, newReplay, type Player, play } from '../recordings/replay.ts'
import { startGitServer } from '../support/git-server.ts'
import { isAbout, tellEntry } from './audit.ts'
import { letFluxGoOn, writesTo } from './flux-goes-on.ts'
import { inventoryOf } from './rebuild.ts'

/*
 * The steps of all recordings, done to an installation of Lockstep on a whole control plane; then Lockstep is taken away, and
 * the real Flux goes on with what it has installed.
 */
const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.join(import.meta.dirname, '../../../shared/recordings')
const skip = existsSync(folder) ? skipReal() : `there is no folder ${folder}`

/** What Lockstep has said of an object, and what it has applied for it. */
function stateOf(kustomization: KubeObject): unknown {
  const { conditions, history, inventory, lastAppliedRevision } = kustomization['status'] as Record<string, unknown>
  const verdicts = (conditions as Record<string, string>[]).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  )
  const digests = (history as { digest: string; lastReconciledStatus: string }[] | undefined)?.map(
    ({ digest, lastReconciledStatus }) => `${digest} ${lastReconciledStatus}`,
  )
  return { verdicts: verdicts.toSorted(), digests, inventory, lastAppliedRevision }
}

test('Flux goes on with what Lockstep has installed', { skip }, async t => {
  const cluster = await startControlPlane()
  const user = connectCluster(await loadConnection({ kubeconfig: cluster.kubeconfig }))
  const git = await startGitServer()
  try {
    const installation = await install(cluster)
    const player: Player = { user, git, podsComeAlive: true, settle: namespace => settled(user, namespace) }
    const files = globSync('flux/*.json', { cwd: folder })
    const replays = files.map(file => newReplay(readRecording(path.join(folder, file)), player))
    await Promise.all(replays.map(replay => play(replay, player, step => allowEmpty(step, replay, user))))
    assert.equal(await installation.stop(), 0)

    const kustomizations = (await user.list(FLUX_KINDS.Kustomization)).filter(isReady)
    assert.ok(kustomizations.length >= 14, `${kustomizations.length} are ready`)
    const requests = await letFluxGoOn(cluster, user, kustomizations.map(refOf))
    for (const kustomization of kustomizations) {
      const ref = refOf(kustomization)
      await t.test(`${ref.namespace}/${ref.name}`, async () => {
        const managed = inventoryOf(kustomization)
        const touched = requests.filter(entry => managed.some(each => isAbout(entry, each)))
        assert.equal(touched.length > 0, managed.length > 0, 'Flux has not looked')
        assert.deepEqual(writesTo(touched, () => true).map(tellEntry), [])
        const live = await user.get(ref)
        assert.ok(live !== undefined)
        assert.deepEqual(stateOf(live), stateOf(kustomization))
      })
    }
  } finally {
    await git.close()
    await user.close()
    await cluster.stop()
  }
})
