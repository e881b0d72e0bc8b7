import { setTimeout as pause } from 'node:timers/promises'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { refOf } from '../../src/manifest/object.ts'
import type { World } from '../scenarios/world.ts'
import type { GitServer } from '../support/git-server.ts'
import { type RecordedStep, type Recording, stepsOf } from './recording.ts'

/** The Git host of all recordings. */
export const RECORDED_HOST = 'http://127.0.0.1:17100'
const SETTLE_MS = 4500
/** Waits that are shorter than a second are not told. */
const GRACE_MS = 1100

export const FLUX_KINDS = {
  GitRepository: { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' },
  Kustomization: { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
} as const

/** What steps may patch and delete by its kind alone. */
const KINDS = {
  ...FLUX_KINDS,
  ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap' },
} as const

/** A recording that is done again to Lockstep. */
export interface Replay {
  readonly recording: Recording
  readonly namespace: string
  /** Recorded commits and addresses, and ours. */
  readonly renamed: Map<string, string>
  readonly repositories: Set<string>
}

/** Where recordings are played. */
export interface Player {
  readonly user: KubeClient
  readonly git: GitServer
  /** Whether the Pods whose images never came in the recording come alive, as they did after it. */
  readonly podsComeAlive?: boolean
  /** Resolves when the engine has done what there is to do in a namespace. */
  settle(namespace: string): Promise<void>
}

/** Plays to the engine of a world. */
export function playerIn(world: World): Player {
  return { user: world.user, git: world.git, settle: () => settle(world) }
}

export function newReplay(
  recording: Recording,
  { git }: Pick<Player, 'git'>,
  namespace = `rec-${recording.scenario}`,
): Replay {
  const renamed = [
    [RECORDED_HOST, git.url],
    [`rec-${recording.scenario}`, namespace],
  ] as const
  return { recording, namespace, renamed: new Map(renamed), repositories: new Set() }
}

/** A recorded value with our commits and addresses in place of the recorded ones. */
export function renameIn<T>(value: T, { renamed }: Replay): T {
  const text = [...renamed].reduce((each, [from, to]) => each.replaceAll(from, to), JSON.stringify(value))
  return JSON.parse(text) as T
}

/** Images that never came in the recording; ours have a tag that the nodes know as such. */
function stuck(files: Readonly<Record<string, string | null>>, { recording }: Replay): typeof files {
  if (!recording.scenario.startsWith('health-')) return files
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file, text?.replace(/(image: \S+):1$/m, '$1:never') ?? null]),
  )
}

/** Makes a recorded commit in a repository of ours. */
export async function commit(
  recorded: Extract<RecordedStep, { commit: string }>,
  replay: Replay,
  { git, podsComeAlive = false }: Player,
) {
  const name = `${replay.recording.scenario}-${recorded.repo ?? 'repo'}`
  if (!replay.repositories.has(name)) await git.create(name)
  replay.repositories.add(name)
  const files = podsComeAlive ? recorded.files : stuck(recorded.files, replay)
  const sha = await git.commit(name, files, { message: recorded.commit })
  replay.renamed.set(recorded.sha, sha)
}

async function playStep(recorded: RecordedStep, replay: Replay, player: Player): Promise<void> {
  const { namespace } = replay
  if (recorded === 'settled') return await player.settle(namespace)
  if ('commit' in recorded) return await commit(recorded, replay, player)
  const step = renameIn(recorded, replay)
  if ('create' in step) {
    await player.user.create(step.create, { fieldManager: 'user' })
  } else if ('patch' in step) {
    const { kind, name, patch } = step.patch
    const ref = { ...KINDS[kind as keyof typeof KINDS], namespace, name }
    await player.user.patch(ref, patch, { type: 'merge', fieldManager: 'user' })
  } else if ('delete' in step) {
    const [kind = '', name = ''] = step.delete.split('/')
    await player.user.delete({ ...KINDS[kind as keyof typeof KINDS], namespace, name })
  }
}

/** Until nothing runs and no news came for a moment; what waits for health may go on doing so. */
async function settle(world: World): Promise<void> {
  await pause(150)
  await Promise.race([world.engine().idle(), pause(SETTLE_MS)])
  world.clock.pass(GRACE_MS)
  await Promise.race([world.engine().idle(), pause(SETTLE_MS)])
  await pause(50)
}

/** Does every step of a recording, in its own namespace. `after` is told about each step that is done. */
export async function play(
  replay: Replay,
  player: Player,
  after: (step: RecordedStep) => Promise<void> = async () => {},
): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: replay.namespace } }
  await player.user.apply(namespace, { fieldManager: 'user' })
  for (const step of stepsOf(replay.recording)) {
    await playStep(step, replay, player)
    await after(step)
  }
}

/** Takes away what a replay has left, finalizers or not. */
export async function cleanUp({ namespace }: Replay, { user }: Pick<Player, 'user'>): Promise<void> {
  for (const kind of Object.values(FLUX_KINDS)) {
    for (const object of await user.list(kind, { namespace })) {
      await user.delete(refOf(object)).catch(() => undefined)
      const none = { metadata: { finalizers: null } }
      await user.patch(refOf(object), none, { type: 'merge', fieldManager: 'user' }).catch(() => undefined)
    }
  }
  await user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
}
