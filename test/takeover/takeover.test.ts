import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { type KubeObject, type ObjectRef, refKey, refOf } from '../../src/manifest/object.ts'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { skipReal } from '../cluster/real.ts'
import { type Installation, install } from '../flux-cli/installation.ts'
import { settled } from '../flux-cli/settled.ts'
import { contractOf, readRecording } from '../recordings/recording.ts'
import { FLUX_KINDS, newReplay, type Player, type Replay } from '../recordings/replay.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { isAbout, startAudit, tellEntry } from './audit.ts'
import { letFluxGoOn, writesTo } from './flux-goes-on.ts'
import { inventoryOf, rebuild } from './rebuild.ts'

/*
 * What the real Flux has left behind in each recording, with its managers, status, inventory and finalizers, on an API server
 * on which nothing else acts. Lockstep takes it over, and then the real Flux takes it over from Lockstep.
 */
const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.join(import.meta.dirname, '../../../shared/recordings')
const skip = existsSync(folder) ? skipReal() : `there is no folder ${folder}`

/** Recordings that end while Flux waits for time to pass: then it goes on, and so does whoever takes over. */
const GO_ON: Readonly<Record<string, string>> = {
  'depends-on': 'True ReconciliationSucceeded',
  'health-timeout': 'False HealthCheckFailed',
}

interface Scene {
  readonly replay: Replay
  /** As they were rebuilt. */
  readonly objects: readonly KubeObject[]
  /** What belongs to a Kustomization. */
  readonly managed: readonly ObjectRef[]
}

let cluster: ControlPlane
let user: KubeClient
let git: GitServer
let scenes: readonly Scene[]
let verdicts: Map<string, string[]>
const closeables: (() => void)[] = []

function isServed(object: KubeObject): boolean {
  return object.kind in FLUX_KINDS
}

function readyOf(object: KubeObject | undefined): string {
  const { conditions = [] } = (object?.['status'] ?? {}) as {
    conditions?: Record<'type' | 'status' | 'reason', string>[]
  }
  const ready = conditions.find(({ type }) => type === 'Ready')
  return `${ready?.status} ${ready?.reason}`
}

async function sceneOf(file: string, player: Player): Promise<Scene> {
  const replay = newReplay(readRecording(path.join(folder, file)), player)
  const objects = await rebuild(replay, player)
  const managed = new Map(
    [...objects.filter(object => !isServed(object)).map(refOf), ...objects.flatMap(inventoryOf)].map(ref => [
      refKey(ref),
      ref,
    ]),
  )
  return { replay, objects, managed: [...managed.values()] }
}

/** The versions of objects: the same as long as nobody has written to them. */
async function versionsOf(refs: readonly ObjectRef[]): Promise<Readonly<Record<string, string>>> {
  const objects = await Promise.all(refs.map(ref => user.get(ref)))
  return Object.fromEntries(
    refs.map((ref, index) => [refKey(ref), objects[index]?.metadata.resourceVersion ?? 'absent']),
  )
}

function allVersions(pick: (scene: Scene) => readonly ObjectRef[]): Promise<Readonly<Record<string, string>>> {
  return versionsOf(scenes.flatMap(pick))
}

/** The events about each object of a namespace, by their reasons. */
async function eventsIn(namespace: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const events = await user.list({ group: '', version: 'v1', kind: 'Event' }, { namespace })
  const served = events.filter(event => (event['involvedObject'] as KubeObject).kind in FLUX_KINDS)
  const objectOf = (event: KubeObject) => {
    const { kind, name } = event['involvedObject'] as { kind: string; name: string }
    return `${kind}/${name}`
  }
  return Object.fromEntries(
    Object.entries(Object.groupBy(served, objectOf)).map(([object, own = []]) => [
      object,
      own.map(event => String(event['reason'])),
    ]),
  )
}

/** Resolves when an engine has nothing to do and nothing in its queue. */
async function idle({ scrape }: Installation): Promise<void> {
  const deadline = Date.now() + 60_000
  for (let quiet = 0; quiet < 3; ) {
    if (Date.now() > deadline) throw new Error('the engine does not come to rest')
    const busy = (await scrape()).match(/^(workqueue_depth|controller_runtime_active_workers)\{.*\} [1-9]/gm) ?? []
    quiet = busy.length === 0 ? quiet + 1 : 0
    await pause(100)
  }
}

before(async () => {
  if (skip) return
  cluster = await startControlPlane({ controllers: false })
  user = connectCluster(await loadConnection({ kubeconfig: cluster.kubeconfig }))
  git = await startGitServer()
  await installCrds(user, 'user')
  const player: Player = { user, git, podsComeAlive: true, settle: async () => {} }
  const files = globSync('flux/*.json', { cwd: folder }).toSorted()
  scenes = await Promise.all(files.map(file => sceneOf(file, player)))
  verdicts = new Map()
  for (const kind of Object.values(FLUX_KINDS)) {
    const informer = watchResource(user, kind, {
      onChange: ({ object }) => {
        const key = refKey(refOf(object))
        const seen = verdicts.get(key) ?? []
        const ready = readyOf(object)
        if (seen.at(-1) !== ready) verdicts.set(key, [...seen, ready])
      },
    })
    await informer.synced
    closeables.push(() => informer.close())
  }
})

after(async () => {
  if (skip) return
  for (const close of closeables) close()
  await git.close()
  await user.close()
  await cluster.stop()
})

const managedOf = ({ managed }: Scene) => managed
const readyKustomizations = ({ objects }: Scene) =>
  objects.filter(each => each.kind === 'Kustomization' && readyOf(each).startsWith('True')).map(refOf)

test('Lockstep takes over from Flux', { skip }, async t => {
  const versions = await allVersions(managedOf)
  const kustomizations = await allVersions(readyKustomizations)
  const audit = startAudit(cluster)
  const installation = await install(cluster)
  await Promise.all(scenes.map(({ replay }) => settled(user, replay.namespace)))
  await idle(installation)
  assert.equal(await installation.stop(), 0)
  const requests = audit().filter(({ userAgent }) => userAgent.startsWith('lockstep/'))
  assert.notEqual(requests.length, 0)

  for (const { managed, objects, replay } of scenes) {
    const { namespace, recording } = replay
    await t.test(recording.scenario, async () => {
      const touched = requests.filter(entry => managed.some(ref => isAbout(entry, ref)))
      assert.deepEqual(touched.map(tellEntry), [])
      const events = await eventsIn(namespace)
      for (const object of objects.filter(isServed)) {
        const ref = refOf(object)
        const name = `${ref.kind}/${ref.name}`
        const further = ref.name === 'app' ? GO_ON[recording.scenario] : undefined
        const wanted = [readyOf(object), ...(further === undefined ? [] : [further])]
        assert.deepEqual(verdicts.get(refKey(ref)), wanted, name)
        if (further !== undefined) continue
        assert.ok((events[name]?.length ?? 0) <= 1, `${name}: ${events[name]?.join(', ')}`)
        const live = await user.get(ref)
        assert.ok(live !== undefined)
        assert.deepEqual(contractOf(live), contractOf(object), name)
      }
    })
  }
  assert.deepEqual(await allVersions(managedOf), versions)
  assert.deepEqual(await allVersions(readyKustomizations), kustomizations)
})

test('Flux takes over from Lockstep', { skip }, async t => {
  const versions = await allVersions(managedOf)
  const requests = await letFluxGoOn(cluster, user, scenes.flatMap(readyKustomizations))
  assert.notEqual(requests.length, 0)

  for (const { managed, objects, replay } of scenes) {
    await t.test(replay.recording.scenario, async () => {
      const written = writesTo(requests, entry => managed.some(ref => isAbout(entry, ref)))
      assert.deepEqual(written.map(tellEntry), [])
      for (const object of objects.filter(each => readyOf(each).startsWith('True')))
        assert.equal(readyOf(await user.get(refOf(object))), readyOf(object))
    })
  }
  assert.deepEqual(await allVersions(managedOf), versions)
})
