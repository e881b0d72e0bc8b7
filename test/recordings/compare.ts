import assert from 'node:assert/strict'
import { watchResource } from '../../src/kube/informer.ts'
import type { JsonValue } from '../../src/manifest/json.ts'
import { type KubeObject, parseApiVersion, refOf } from '../../src/manifest/object.ts'
import type { World } from '../scenarios/world.ts'
import { allowEmpty } from './becomes-empty.ts'
import { contractOf, type Recording } from './recording.ts'
import { cleanUp, FLUX_KINDS, newReplay, play, playerIn, type Replay, renameIn } from './replay.ts'

/** Events that say that nothing has happened; Lockstep does not send them. */
const SILENT: ReadonlySet<string> = new Set(['GitOperationSucceeded'])

/** What a client sees of an object at one moment. */
interface State {
  readonly on: string
  readonly ready: string
  readonly contract: JsonValue
}

/** What is seen beyond a recording that ends early. */
interface Ending {
  readonly events: readonly string[]
  /** In place of the recorded ones, by object. */
  readonly verdicts: Readonly<Record<string, readonly string[]>>
  /** States that were passed through, of objects that have moved on since. */
  readonly passed?: Readonly<Record<string, JsonValue>>
}

const REVISION = 'kustomize.toolkit.fluxcd.io/revision'
const SUCCEEDED = 'True ReconciliationSucceeded'
const WAITING = 'False DependencyNotReady'
const ENDINGS: Readonly<Record<string, (states: readonly State[]) => Ending>> = {
  /**
   * The recording ends within the 30 s after which Flux asks for the dependency again. Lockstep has waited in the same state,
   * and has gone on when the dependency was ready.
   */
  'depends-on'(states) {
    const waiting = states.findLast(({ on, ready }) => on === 'Kustomization/app' && ready === WAITING)
    return {
      events: [
        `Kustomization/app Normal Progressing ${REVISION}`,
        `Kustomization/app Normal ReconciliationSucceeded kustomize.toolkit.fluxcd.io/commit_status ${REVISION}`,
      ],
      verdicts: { 'Kustomization/app': [WAITING, SUCCEEDED] },
      passed: { 'Kustomization/app': waiting?.contract ?? 'never seen waiting' },
    }
  },
}

/** What kind of event was sent, and what its annotations tell. */
function eventLine(on: string, type: unknown, reason: unknown, annotations: object = {}): string {
  return [on, type, reason, ...Object.keys(annotations).toSorted()].join(' ')
}

async function eventsOf(namespace: string, world: World): Promise<readonly string[]> {
  const events = await world.user.list({ group: '', version: 'v1', kind: 'Event' }, { namespace })
  const lines = events.flatMap(event => {
    const { kind, name } = event['involvedObject'] as { kind: string; name: string }
    return kind in FLUX_KINDS && !SILENT.has(String(event['reason']))
      ? [eventLine(`${kind}/${name}`, event['type'], event['reason'], event.metadata.annotations)]
      : []
  })
  return [...new Set(lines)].toSorted()
}

function recordedEvents({ log }: Recording): readonly string[] {
  const lines = log.flatMap(({ event }) =>
    event === undefined || SILENT.has(event.reason)
      ? []
      : [eventLine(event.on, event.type, event.reason, event.annotations)],
  )
  return [...new Set(lines)].toSorted()
}

/** The Ready conditions that a waiting client saw, without those that only say that work is going on. */
function verdictsOf(states: readonly Pick<State, 'on' | 'ready'>[], on: string): readonly string[] {
  const seen = states.filter(each => each.on === on && !each.ready.startsWith('Unknown')).map(each => each.ready)
  return seen.filter((each, index) => each !== seen[index - 1])
}

/** Status and reason of the Ready condition; undefined where there is none. */
export function readyOf(status: unknown): string | undefined {
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

/** Digests of what was rendered differ where the images had to differ. */
function withDigests(state: Readonly<Record<string, unknown>>, { recording }: Replay): unknown {
  const text = JSON.stringify(state)
  return JSON.parse(recording.scenario.startsWith('health-') ? text.replace(/sha256:[0-9a-f]{64}/g, 'sha256:…') : text)
}

/** Has Lockstep do what was recorded; what other clients rely on has to come out the same. */
export async function compare(recording: Recording, world: World): Promise<void> {
  const { scenario } = recording
  const replay = newReplay(recording, world)
  const { namespace } = replay
  const states: State[] = []
  const informers = Object.values(FLUX_KINDS).map(kind =>
    watchResource(world.user, kind, {
      namespace,
      onChange: ({ object }) => {
        const ready = readyOf(object['status'])
        if (ready === undefined) return
        states.push({ on: `${object.kind}/${object.metadata.name}`, ready, contract: contractOf(object) })
      },
    }),
  )
  try {
    await play(replay, playerIn(world), step => allowEmpty(step, replay, world.user))
    const ending = ENDINGS[scenario]?.(states)
    const expected: Record<string, unknown> = {}
    const actual: Record<string, unknown> = {}
    for (const object of renameIn(recording.final, replay)) {
      const ref = refOf(object)
      const live: KubeObject | undefined = await world.user.get({ ...ref, ...parseApiVersion(object.apiVersion) })
      const key = `${ref.kind}/${ref.name}`
      expected[key] = contractOf(object)
      actual[key] = ending?.passed?.[key] ?? (live === undefined ? 'absent' : contractOf(live))
    }
    expected['events'] = [...new Set([...recordedEvents(recording), ...(ending?.events ?? [])])].toSorted()
    actual['events'] = await eventsOf(namespace, world)
    const recordedStates = recording.log.flatMap(({ added, modified }) => {
      const state = modified ?? added
      const ready = readyOf(state?.status)
      return state === undefined || ready === undefined ? [] : [{ on: state.on, ready }]
    })
    for (const on of new Set(recordedStates.map(each => each.on))) {
      // A wait that was over before it was worth a status is none that a client could have missed; the rest is in order.
      const wanted = ending?.verdicts[on] ?? verdictsOf(recordedStates, on)
      const seen = verdictsOf(states, on)
      expected[`verdicts on ${on}`] = seen
      actual[`verdicts on ${on}`] = inSameOrder(seen, wanted)
    }
    assert.deepEqual(withDigests(actual, replay), withDigests(expected, replay))
  } finally {
    for (const informer of informers) informer.close()
    await cleanUp(replay, world)
  }
}
