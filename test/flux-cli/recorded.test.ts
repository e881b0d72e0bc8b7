import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { version } from '../../src/cli/version.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { build, fluxCli } from '../cluster/build.ts'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { skipReal } from '../cluster/real.ts'
import { allowEmpty } from '../recordings/becomes-empty.ts'
import { readRecording } from '../recordings/recording.ts'
import { newReplay, type Player, play, type Replay } from '../recordings/replay.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type Ended, runOn, wordsOf } from './command.ts'
import { type Installation, install } from './installation.ts'
import { linesOf } from './printed.ts'
import { settled, unlessFailed } from './settled.ts'
import { inOurWords } from './wording.ts'

/*
 * The stock flux CLI on the states of the recordings, served by an installation of Lockstep: it prints what it printed on
 * the real Flux. As in the recording, the Git host is gone by then.
 */
const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.join(import.meta.dirname, '../../../shared/recordings')
const skip = existsSync(folder) ? skipReal() : `there is no folder ${folder}`
const commands = skip
  ? []
  : (JSON.parse(readFileSync(path.join(folder, 'flux-cli.json'), 'utf8')) as (Ended & { readonly command: string })[])

/** Of kinds that Lockstep does not serve: Helm's. */
const OF_HELM = /\b(hr|helm|chart)\b|rec-hr-/

/** Lines about these kinds. */
const ABOUT_HELM = /^Helm/

let flux: string
let cluster: ControlPlane
let user: KubeClient
let git: GitServer
let installation: Installation
const replays: Replay[] = []

async function build26States(): Promise<void> {
  const player: Player = { user, git, podsComeAlive: true, settle: namespace => settled(user, namespace) }
  const files = globSync('flux/*.json', { cwd: folder })
  replays.push(...files.map(file => newReplay(readRecording(path.join(folder, file)), player)))
  await Promise.all(replays.map(replay => play(replay, player, step => allowEmpty(step, replay, user))))
}

before(async () => {
  if (skip) return
  flux = path.join(await build(fluxCli), 'flux')
  cluster = await startControlPlane()
  user = connectCluster(await loadConnection({ kubeconfig: cluster.kubeconfig }))
  git = await startGitServer()
  installation = await install(cluster)
  await build26States()
  await git.down()
  await installation.restart()
  await Promise.all(replays.map(({ namespace }) => settled(user, namespace, unlessFailed)))
})
after(async () => {
  if (skip) return
  assert.equal(await installation.stop(), 0)
  await git.close()
  await user.close()
  await cluster.stop()
})

/** Our commits and addresses as they were called in the recordings. */
function inRecordedNames({ exit, stdout, stderr }: Ended): Ended {
  const host = new URL(git.url).host
  const commits = replays.flatMap(({ renamed }) => [...renamed].filter(([from]) => /^[0-9a-f]{40}$/.test(from)))
  const names = commits.flatMap(([recorded, ours]) => [
    [ours, recorded] as const,
    [ours.slice(0, 8), recorded.slice(0, 8)] as const,
  ])
  const rename = (text: string) =>
    names.reduce((each, [from, to]) => each.replaceAll(from, to), text.replaceAll(host, '127.0.0.1:17100'))
  return { exit, stdout: rename(stdout), stderr: rename(stderr) }
}

function stateOf(ended: Ended & { readonly command: string }): readonly string[] {
  return linesOf(ended).filter(line => !ABOUT_HELM.test(line))
}

test('the stock flux CLI', { skip }, async t => {
  for (const recorded of commands) {
    const reason = OF_HELM.test(recorded.command) && 'Helm is not served'
    await t.test(recorded.command, { skip: reason }, async () => {
      const actual = await runOn(cluster.kubeconfig, flux, wordsOf(recorded.command))
      const { command } = recorded
      assert.deepEqual(stateOf({ ...inRecordedNames(actual), command }), inOurWords(stateOf(recorded)))
    })
  }
})

test('the stock flux CLI looks at the installation itself', { skip }, async () => {
  const told = async (command: string) =>
    stateOf({ command, ...inRecordedNames(await runOn(cluster.kubeconfig, flux, wordsOf(command))) })
  assert.deepEqual(await told('flux check'), [
    'exit 0',
    'stderr:',
    '► checking prerequisites',
    '✔ Kubernetes 1.34.4 >=1.33.0-0',
    '► checking version in cluster',
    '✔ distribution: flux-v2.9.4',
    '✔ bootstrapped: false',
    '► checking controllers',
    '✔ lockstep: deployment ready',
    `► lockstep:v${version()}`,
    '► checking crds',
    '✔ gitrepositories.source.toolkit.fluxcd.io/v1',
    '✔ kustomizations.kustomize.toolkit.fluxcd.io/v1',
    '✔ all checks passed',
  ])
  assert.deepEqual(await told('flux version'), [
    'exit 0',
    'flux: v0.0.0-dev.0',
    'distribution: flux-v2.9.4',
    `lockstep: v${version()}`,
    'stderr:',
  ])
  assert.deepEqual(await told('flux logs --namespace=rec-broken-yaml --kind=Kustomization --name=app'), [
    'exit 0',
    '(moment) error Kustomization/app.rec-broken-yaml - reconciliation failed 1 problem in commit 80ad708d by Ada Author <ada@example.test> "change":',
    "app/bad.yaml:5:1: did not find expected ',' or '}' (separate the entries with commas and close the bracket)",
    '(moment) info Kustomization/app.rec-broken-yaml - Reconciliation finished in (duration), next run in 10m0s',
    'stderr:',
  ])
})
