import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import { connectCluster } from '../../kube/client.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { connectionOf } from '../../kube/kubeconfig.ts'
import { parseKubeconfig } from '../../kube/load-connection.ts'
import { safeConnection } from '../../kube/safe-kubeconfig.ts'
import type { Clock } from '../../manifest/clock.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { SWITCH_PREFIX } from '../../plan/switches.ts'
import { type LiveChange, type LiveObjects, watchLiveObjects } from '../live-objects.ts'
import type { Reference, References } from '../references.ts'
import { createExpectations, type Expectations } from './expectations.ts'
import { kindsWithLabel } from './known-kinds.ts'
import { ownerGroupOf } from './live-view.ts'
import { textDataOf } from './variables.ts'
import type { Target } from './workspace.ts'

const LABEL = `${SWITCH_PREFIX}/name`

/** How long a first list of a kind may take before planning goes on without it. */
const PATIENCE_MS = 15_000

interface TargetsOptions {
  readonly cluster: KubeClient
  readonly references: References
  readonly clock: Clock
  readonly defaultServiceAccount: string | undefined
  /** Called with the owner (`Kustomization/namespace/name`) of an object that is no longer as it was applied. */
  readonly onDrift: (owner: string, change: LiveChange) => void
}

interface Connected {
  readonly observer: KubeClient
  readonly live: LiveObjects
  readonly expectations: Expectations
  readonly verify: Target['verify']
  /** Resolves when every kind with objects of ours is being watched. */
  readonly surveyed: Promise<void>
}

/** The Secret with the kubeconfig of a Kustomization, where it names one. */
export function kubeconfigReferenceOf({ metadata, spec }: Kustomization): readonly Reference[] {
  const name = spec.kubeConfig?.secretRef?.name
  return name === undefined ? [] : [{ kind: 'Secret', namespace: metadata.namespace ?? '', name }]
}

/** The clusters that Kustomizations apply to. */
export interface Targets {
  /** Rejects where the kubeconfig cannot be had or used; the message says why. */
  of(kustomization: Kustomization): Promise<Target>
  close(): Promise<void>
}

export function createTargets({ cluster, references, clock, defaultServiceAccount, onDrift }: TargetsOptions): Targets {
  const connected = new Map<string, Connected>()

  function open(observer: KubeClient): Connected {
    const expectations = createExpectations()
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
      if (change.type === 'gone' || !expectations.isMet(change.object)) onDrift(owner, change)
    })
    const verify = (owner: string, object: KubeObject) => {
      const known = live.get(refOf(object))
      if (known !== undefined && expectations.isMet(known)) return
      onDrift(owner, known === undefined ? { type: 'gone', object } : { type: 'present', object: known })
    }
    const surveyed = kindsWithLabel(observer, LABEL)
      .then(kinds => live.ready(kinds))
      .catch(() => {})
    return { observer, live, expectations, verify, surveyed }
  }

  function once(key: string, connect: () => KubeClient): Connected {
    let entry = connected.get(key)
    if (entry === undefined) {
      entry = open(connect())
      connected.set(key, entry)
    }
    return entry
  }

  async function remote(kustomization: Kustomization, name: string, key: string | undefined): Promise<Connected> {
    const namespace = kustomization.metadata.namespace ?? ''
    const reader = formatRef(refOf(kustomization))
    const secret = await references.read({ kind: 'Secret', namespace, name }, reader)
    if (secret === undefined)
      throw new Error(
        `the kubeconfig Secret '${namespace}/${name}' does not exist; create it or correct spec.kubeConfig`,
      )
    const data = textDataOf(secret)
    const text = key === undefined ? (data['value'] ?? data['value.yaml']) : data[key]
    if (text === undefined) {
      throw new Error(
        `the kubeconfig Secret '${namespace}/${name}' has no key '${key ?? 'value'}'; it has: ${Object.keys(data).join(', ')}`,
      )
    }
    const digest = createHash('sha256').update(text).digest('hex')
    return once(`${namespace}/${name}/${digest}`, () =>
      connectCluster(safeConnection(connectionOf(parseKubeconfig(text, `Secret/${namespace}/${name}`))).connection),
    )
  }

  return {
    async of(kustomization) {
      const { metadata, spec } = kustomization
      const secret = spec.kubeConfig?.secretRef
      if (spec.kubeConfig?.configMapRef !== undefined)
        throw new Error('spec.kubeConfig.configMapRef needs a cloud identity, which is not supported; use secretRef')
      const base = secret === undefined ? once('', () => cluster) : await remote(kustomization, secret.name, secret.key)
      await base.surveyed
      const account = spec.serviceAccountName ?? defaultServiceAccount
      const username = `system:serviceaccount:${metadata.namespace}:${account}`
      return { ...base, actor: account === undefined ? base.observer : base.observer.as({ username }) }
    },
    async close() {
      for (const { live } of connected.values()) live.close()
      await Promise.all([...connected].map(([key, { observer }]) => (key === '' ? undefined : observer.close())))
    },
  }
}
