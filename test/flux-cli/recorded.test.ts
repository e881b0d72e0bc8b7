import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
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
import { printed } from './printed.ts'
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

/** Lines about what is not part of the state: other kinds, and the tidying of artifacts after the next interval. */
const ASIDE = /^Helm|GarbageCollectionSucceeded/

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

/**
 * Events of each object in their order; those of different objects within a second are in any order. What is said again later,
 * as at an interval at which nothing was new, counts once.
 */
function eventsByObject(lines: readonly string[]): readonly string[] {
  const entries = lines.join('\n').split(/\n(?!\t)/)
  const objectOf = (entry: string) => entry.split('\t')[3] ?? ''
  const sorted = [...new Set(entries)].toSorted((a, b) => objectOf(a).localeCompare(objectOf(b)))
  return sorted.flatMap(entry => entry.split('\n'))
}

/** What counts of the output of a command. */
function linesOf({ exit, stdout, stderr }: Ended, command: string): readonly string[] {
  const lines = printed(stdout).filter(line => !ASIDE.test(line))
  const counted = command.startsWith('flux events') ? eventsByObject(lines) : lines
  return [`exit ${exit}`, ...counted, 'stderr:', ...printed(stderr)]
}

test('the stock flux CLI', { skip }, async t => {
  for (const recorded of commands) {
    const reason = OF_HELM.test(recorded.command) && 'Helm is not served'
    await t.test(recorded.command, { skip: reason }, async () => {
      const actual = await runOn(cluster.kubeconfig, flux, wordsOf(recorded.command))
      const { command } = recorded
      assert.deepEqual(linesOf(inRecordedNames(actual), command), inOurWords(linesOf(recorded, command)))
    })
  }
})
