import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { watchResource } from '../../src/kube/informer.ts'
import { type KubeObject, parseApiVersion, refOf } from '../../src/manifest/object.ts'
import { openWorld, type World } from '../scenarios/world.ts'
import { contractOf, type RecordedStep, type Recording, readRecording, stepsOf } from './recording.ts'

/*
 * The steps that the real Flux was recorded with, done to Lockstep. What other clients rely on has to come out the same:
 * final objects with their owned fields, status, inventory and history, and which events were sent.
 */
const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.join(import.meta.dirname, '../../../shared/recordings')
const files = globSync('flux/*.json', { cwd: folder }).toSorted()
const only = process.env['LOCKSTEP_SCENARIO'] ?? ''
const SETTLE_MS = 4500

/** Events that say that nothing has happened; Lockstep does not send them. */
const SILENT: ReadonlySet<string> = new Set(['GitOperationSucceeded'])

/** Where Lockstep differs on purpose. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'becomes-empty': 'an empty folder deletes nothing (docs/adr/0006)',
  'depends-on': 'it goes on as soon as the dependency is ready, where Flux waits for 30 s',
}
const KINDS = {
  GitRepository: { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' },
  Kustomization: { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
} as const

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

if (!existsSync(folder)) test('recordings of Flux', t => t.skip(`0 of 26 played: there is no folder ${folder}`))

interface Replay {
  readonly recording: Recording
  readonly namespace: string
  /** Recorded commits and addresses, and ours. */
  readonly renamed: Map<string, string>
}

function renameIn<T>(value: T, { renamed }: Replay): T {
  const text = [...renamed].reduce((each, [from, to]) => each.replaceAll(from, to), JSON.stringify(value))
  return JSON.parse(text) as T
}

function repositoryOf(step: Extract<RecordedStep, { commit: string }>, { recording }: Replay): string {
  return `${recording.scenario}-${step.repo ?? 'repo'}`
}

/** The recorded cluster had no nodes to run Pods; ours have, and know this tag as that of an image that never comes. */
function stuck(files: Readonly<Record<string, string | null>>, { recording }: Replay): typeof files {
  if (!recording.scenario.startsWith('health-')) return files
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file, text?.replace(/(image: \S+):1$/m, '$1:never') ?? null]),
  )
}

async function playStep(recorded: RecordedStep, replay: Replay, made: Set<string>): Promise<void> {
  const { namespace } = replay
  if (recorded === 'settled') return await settle()
  if ('commit' in recorded) {
    const name = repositoryOf(recorded, replay)
    if (!made.has(name)) await world.git.create(name)
    made.add(name)
    const files = stuck(recorded.files, replay)
    replay.renamed.set(recorded.sha, await world.git.commit(name, files, { message: recorded.commit }))
    return
  }
  const step = renameIn(recorded, replay)
  if ('create' in step) {
    await world.user.create(step.create, { fieldManager: 'user' })
  } else if ('patch' in step) {
    const { kind, name, patch } = step.patch
    const ref = { ...KINDS[kind as keyof typeof KINDS], namespace, name }
    await world.user.patch(ref, patch, { type: 'merge', fieldManager: 'user' })
  } else if ('delete' in step) {
    const [kind = '', name = ''] = step.delete.split('/')
    await world.user.delete({ ...KINDS[kind as keyof typeof KINDS], namespace, name })
  }
}

/** Waits that are shorter than a second are not told. */
const GRACE_MS = 1100

/** Until nothing runs and no news came for a moment; what waits for health may go on doing so. */
async function settle(): Promise<void> {
  await pause(150)
  await Promise.race([world.engine().idle(), pause(SETTLE_MS)])
  world.clock.pass(GRACE_MS)
  await Promise.race([world.engine().idle(), pause(SETTLE_MS)])
  await pause(50)
}

async function eventsOf(namespace: string): Promise<readonly string[]> {
  const events = await world.user.list({ group: '', version: 'v1', kind: 'Event' }, { namespace })
  const lines = events.flatMap(event => {
    const { kind, name } = event['involvedObject'] as { kind: string; name: string }
    return kind in KINDS && !SILENT.has(String(event['reason']))
      ? [`${kind}/${name} ${String(event['type'])} ${String(event['reason'])}`]
      : []
  })
  return [...new Set(lines)].toSorted()
}

function recordedEvents({ log }: Recording): readonly string[] {
  const lines = log.flatMap(({ event }) =>
    event === undefined || SILENT.has(event.reason) ? [] : [`${event.on} ${event.type} ${event.reason}`],
  )
  return [...new Set(lines)].toSorted()
}

async function cleanUp(namespace: string): Promise<void> {
  for (const kind of Object.values(KINDS)) {
    for (const object of await world.user.list(kind, { namespace })) {
      await world.user.delete(refOf(object)).catch(() => undefined)
      const none = { metadata: { finalizers: null } }
      await world.user.patch(refOf(object), none, { type: 'merge', fieldManager: 'user' }).catch(() => undefined)
    }
  }
  await world.user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
}

/** The Ready conditions that a waiting client saw, without those that only say that work is going on. */
function verdictsOf(states: readonly { readonly on: string; readonly ready: string }[], on: string): readonly string[] {
  const seen = states.filter(each => each.on === on && !each.ready.startsWith('Unknown')).map(each => each.ready)
  return seen.filter((each, index) => each !== seen[index - 1])
}

function readyOf(status: unknown): string | undefined {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string; reason: string }[] }
  const ready = conditions.find(({ type }) => type === 'Ready')
  return ready === undefined ? undefined : `${ready.status} ${ready.reason}`
}

/** The part of `seen` that comes in `wanted` in the same order. */
function inSameOrder(seen: readonly string[], wanted: readonly string[]): readonly string[] {
  let at = 0
  return seen.filter(each => {
    const index = wanted.indexOf(each, at)
    if (index >= 0) at = index + 1
    return index >= 0
  })
}

for (const file of files.filter(each => each.includes(only))) {
  const recording = readRecording(path.join(folder, file))
  const { scenario } = recording
  test(scenario, { timeout: 120_000 }, async t => {
    if (world.kind === 'real' && scenario.startsWith('health-')) return t.skip('every Pod comes alive there')
    const namespace = `rec-${scenario}`
    const replay: Replay = { recording, namespace, renamed: new Map([['http://127.0.0.1:17100', world.git.url]]) }
    const states: { on: string; ready: string }[] = []
    await world.user.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { fieldManager: 'user' },
    )
    const informers = Object.values(KINDS).map(kind =>
      watchResource(world.user, kind, {
        namespace,
        onChange: ({ object }) => {
          const ready = readyOf(object['status'])
          if (ready !== undefined) states.push({ on: `${object.kind}/${object.metadata.name}`, ready })
        },
      }),
    )
    const made = new Set<string>()
    try {
      for (const step of stepsOf(recording)) await playStep(step, replay, made)
      if (scenario in DEVIATIONS) return
      const expected: Record<string, unknown> = {}
      const actual: Record<string, unknown> = {}
      for (const object of renameIn(recording.final, replay)) {
        const ref = refOf(object)
        const live: KubeObject | undefined = await world.user.get({ ...ref, ...parseApiVersion(object.apiVersion) })
        const key = `${ref.kind}/${ref.name}`
        expected[key] = contractOf(object)
        actual[key] = live === undefined ? 'absent' : contractOf(live)
      }
      expected['events'] = recordedEvents(recording)
      actual['events'] = await eventsOf(namespace)
      const recordedStates = recording.log.flatMap(({ added, modified }) => {
        const state = modified ?? added
        const ready = readyOf(state?.status)
        return state === undefined || ready === undefined ? [] : [{ on: state.on, ready }]
      })
      for (const on of new Set(recordedStates.map(each => each.on))) {
        // A wait that was over before it was worth a status is none that a client could have missed; the rest is in order.
        const wanted = verdictsOf(recordedStates, on)
        const seen = verdictsOf(states, on)
        expected[`verdicts on ${on}`] = seen
        actual[`verdicts on ${on}`] = inSameOrder(seen, wanted)
      }
      assert.deepEqual(actual, expected)
    } finally {
      for (const informer of informers) informer.close()
      await cleanUp(namespace)
    }
  })
}
