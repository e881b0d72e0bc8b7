import type { KubeClient } from '../../kube/client-types.ts'
import type { Clock } from '../../manifest/clock.ts'
import { type KubeObject, type ObjectRef, refKey, refOf } from '../../manifest/object.ts'
import { matchLive } from '../../plan/match-live.ts'
import type { Owner } from '../../plan/switches.ts'
import { type LiveChange, watchLiveObjects } from '../live-objects.ts'
import { LOCK_KINDS, LOCK_LABEL, LOCK_OWNER, lockNames } from './lock-policy.ts'

const MANAGER = 'lockstep-lock'
const PATIENCE_MS = 15_000
/** API servers look for changes of policies about once a second, later when they are busy. */
const SETTLING_MS = 30_000

/** Looks after the locks on one cluster. Nothing is watched before the first one. */
export interface LockKeeper {
  /** Who we are to the API server. */
  identity(): Promise<string>
  /** Brings the objects of an owner's lock to what is wanted. Rejects where the API server does not have or allow them. */
  set(owner: Owner, wanted: readonly KubeObject[]): Promise<void>
  /** Deletes what there is of an owner's lock. */
  remove(owner: Owner): Promise<void>
  /** Whether a lock was changed or deleted so lately that the API server may still refuse by what it was before. */
  isSettling(owner: Owner): boolean
  close(): void
}

interface KeeperOptions {
  readonly cluster: KubeClient
  readonly clock: Clock
  /** Called with `namespace/name` of the owner when somebody else changed or deleted an object of a lock. */
  readonly onChange: (owner: string) => void
}

function keyOf({ name, namespace }: Owner): string {
  return `${namespace}/${name}`
}

/** Everything that a lock may consist of; a policy without its binding refuses nothing, so bindings go first. */
function refsOf(owner: Owner): readonly ObjectRef[] {
  const { fields, scale } = lockNames(owner)
  const kinds = LOCK_KINDS.toReversed()
  return kinds.flatMap(kind => [fields, scale].map(name => ({ ...kind, namespace: '', name })))
}

export function createLockKeeper({ cluster, clock, onChange }: KeeperOptions): LockKeeper {
  const live = watchLiveObjects({ cluster, label: LOCK_LABEL, clock, patienceMs: PATIENCE_MS })
  /** The generation that our last write of an object led to, by uid. */
  const written = new Map<string, unknown>()
  /** When a policy or binding of an owner was last changed by us. */
  const changed = new Map<string, number>()
  let self: Promise<string> | undefined

  live.subscribe(({ type, object }: LiveChange) => {
    const { annotations, generation, uid = '' } = object.metadata
    const owner = annotations?.[LOCK_OWNER]
    const isOurs = type === 'present' && written.has(uid) && written.get(uid) === generation
    if (owner !== undefined && !isOurs) onChange(owner)
  })

  async function ask(): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const answer = await cluster.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body })
    const { status } = answer as { readonly status?: { readonly userInfo?: { readonly username?: string } } }
    const username = status?.userInfo?.username
    if (username === undefined) throw new Error('the API server does not say who Lockstep is to it')
    return username
  }

  async function put(object: KubeObject): Promise<boolean> {
    const known = live.get(refOf(object))
    if (known !== undefined && matchLive(object, known, MANAGER) === 'same') return false
    const result = await cluster.apply(object, { fieldManager: MANAGER, force: true })
    written.set(result.metadata.uid ?? '', result.metadata.generation)
    live.written(result)
    return true
  }

  async function drop(ref: ObjectRef): Promise<void> {
    const deleted = await cluster.delete(ref)
    written.delete(deleted?.metadata.uid ?? '')
    live.removed(ref)
  }

  return {
    identity() {
      self ??= ask().catch(error => {
        self = undefined
        throw error
      })
      return self
    },
    async set(owner, wanted) {
      await live.ready(LOCK_KINDS)
      for (const object of wanted) if (await put(object)) changed.set(keyOf(owner), clock.elapsed())
      const kept = new Set(wanted.map(object => refKey(refOf(object))))
      for (const ref of refsOf(owner)) if (!kept.has(refKey(ref)) && live.get(ref) !== undefined) await drop(ref)
    },
    async remove(owner) {
      changed.set(keyOf(owner), clock.elapsed())
      for (const ref of refsOf(owner)) await drop(ref)
    },
    isSettling: owner => clock.elapsed() - (changed.get(keyOf(owner)) ?? Number.NEGATIVE_INFINITY) < SETTLING_MS,
    close: () => live.close(),
  }
}
