import type { Kustomization } from '../../api/kustomization.ts'
import type { Cloud } from '../../cloud/workload.ts'
import { connectCluster } from '../../kube/client.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import type { Clock } from '../../manifest/clock.ts'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import { SWITCH_PREFIX } from '../../plan/switches.ts'
import { type LiveChange, type LiveObjects, watchLiveObjects } from '../live-objects.ts'
import { createLockKeeper, type LockKeeper } from '../lock/lock-keeper.ts'
import { ENGINE_EXTRA } from '../lock/lock-policy.ts'
import { lockRequestOf } from '../lock/lock-request.ts'
import type { References } from '../references.ts'
import { createExpectations, type Expectations } from './expectations.ts'
import { kindsWithLabel } from './known-kinds.ts'
import { ownerGroupOf } from './live-view.ts'
import { ownerOf } from './owner.ts'
import { remoteConnection } from './remote-connection.ts'
import { WATCHED } from './restarts.ts'
import type { Target } from './workspace.ts'

const LABEL = `${SWITCH_PREFIX}/name`

/** How long a first list of a kind may take before planning goes on without it. */
const PATIENCE_MS = 15_000

interface TargetsOptions {
  readonly cluster: KubeClient
  readonly references: References
  readonly cloud: Cloud
  readonly clock: Clock
  readonly defaultServiceAccount: string | undefined
  readonly defaultKubeconfigServiceAccount?: string | undefined
  /** Called with the owner (`Kustomization/namespace/name`) of an object that is no longer as it was applied. */
  readonly onDrift: (owner: string, change: LiveChange) => void
  /** Called with every change of an object that we apply, or that is labelled to be watched. */
  readonly onConfig: (change: LiveChange) => void
  /** Called with the owner (`namespace/name`) of a lock that somebody else has changed. */
  readonly onLock: (owner: string) => void
}

interface Connected {
  readonly observer: KubeClient
  readonly live: LiveObjects
  readonly configs: LiveObjects
  readonly expectations: Expectations
  readonly verify: Target['verify']
  readonly locks: LockKeeper
  /** Resolves when every kind with objects of ours is being watched. */
  readonly surveyed: Promise<void>
}

/** The service account that a Kustomization is applied as; undefined where the engine acts as itself. */
export function actorOf({ metadata, spec }: Kustomization, defaultServiceAccount: string | undefined) {
  const account = spec.serviceAccountName ?? defaultServiceAccount
  return account === undefined ? undefined : `system:serviceaccount:${metadata.namespace}:${account}`
}

/** The clusters that Kustomizations apply to. */
export interface Targets {
  /** Rejects where the kubeconfig cannot be had or used; the message says why. */
  of(kustomization: Kustomization): Promise<Target>
  close(): Promise<void>
}

export function createTargets(options: TargetsOptions): Targets {
  const { cluster, clock, defaultServiceAccount, onConfig, onDrift, onLock } = options
  const connected = new Map<string, Connected>()

  function open(observer: KubeClient): Connected {
    const expectations = createExpectations()
    const configs = watchLiveObjects({ cluster: observer, label: WATCHED, clock, patienceMs: PATIENCE_MS })
    const live = watchLiveObjects({
      cluster: observer,
      label: LABEL,
      groupOf: ownerGroupOf,
      clock,
      patienceMs: PATIENCE_MS,
    })
    live.subscribe(change => {
      const owner = expectations.ownerOf(refOf(change.object))
      if (owner === undefined) return
      const isMet = change.type === 'present' && expectations.isMet(change.object)
      const isReported = expectations.isReported(refOf(change.object))
      if (isReported && !isMet && change.type === 'present' && expectations.isAsReported(change.object)) return
      if (!isMet || isReported) onDrift(owner, change)
    })
    for (const each of [configs, live]) each.subscribe(onConfig)
    const verify = (owner: string, object: KubeObject) => {
      const known = live.get(refOf(object))
      if (known !== undefined && expectations.isMet(known)) return
      onDrift(owner, known === undefined ? { type: 'gone', object } : { type: 'present', object: known })
    }
    const surveyed = kindsWithLabel(observer, LABEL)
      .then(kinds => live.ready(kinds))
      .catch(() => {})
    const locks = createLockKeeper({ cluster: observer, clock, onChange: onLock })
    return { observer, live, configs, expectations, verify, surveyed, locks }
  }

  function once(key: string, connect: () => KubeClient): Connected {
    let entry = connected.get(key)
    if (entry === undefined) {
      entry = open(connect())
      connected.set(key, entry)
    }
    return entry
  }

  return {
    async of(kustomization) {
      const remote = await remoteConnection(kustomization, options)
      const base =
        remote === undefined ? once('', () => cluster) : once(remote.key, () => connectCluster(remote.connection))
      await base.surveyed
      const username = actorOf(kustomization, defaultServiceAccount)
      const isLocked =
        typeof lockRequestOf(kustomization, 0) === 'object' || base.locks.isSettling(ownerOf(kustomization))
      const extra = isLocked ? { extra: { [ENGINE_EXTRA.key]: [ENGINE_EXTRA.value] } } : {}
      return { ...base, actor: username === undefined ? base.observer : base.observer.as({ username, ...extra }) }
    },
    async close() {
      for (const { configs, live, locks } of connected.values()) {
        live.close()
        configs.close()
        locks.close()
      }
      await Promise.all([...connected].map(([key, { observer }]) => (key === '' ? undefined : observer.close())))
    },
  }
}
