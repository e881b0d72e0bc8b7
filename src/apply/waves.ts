import type { ChangeEntry } from '../plan/change-set.ts'

/** Kinds that workloads need at their start. */
const NEEDED: ReadonlySet<string> = new Set([
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'LimitRange',
])

/** Kinds that can refuse or change other objects of the same stage. */
const GUARDS: ReadonlySet<string> = new Set([
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'MutatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicyBinding',
])

/** Groups of entries in which the order does not matter: what workloads need, the workloads, what guards them. */
export function wavesOf(entries: readonly ChangeEntry[]): readonly (readonly ChangeEntry[])[] {
  const waves = Map.groupBy(entries, ({ ref }) => (NEEDED.has(ref.kind) ? 0 : GUARDS.has(ref.kind) ? 2 : 1))
  return ([0, 1, 2] as const).flatMap(index => {
    const wave = waves.get(index)
    return wave === undefined ? [] : [wave]
  })
}

/** Kinds of Kubernetes that do something as soon as they are there, or whose deletion takes others along. */
const ACTING: ReadonlySet<string> = new Set(['Job', 'Pod', 'Namespace', 'CustomResourceDefinition'])

/** Groups whose objects do nothing by themselves that deleting them would not end. */
const PLAIN_GROUPS: ReadonlySet<string> = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/** Whether the server has accepted the very same object before, in all likelihood. */
export function isAccepted({ cause }: ChangeEntry): boolean {
  return cause === 'unverified'
}

/** Whether an entry can be taken back without a trace: a creation of an object that only exists. */
export function isReversible({ action, ref }: ChangeEntry): boolean {
  return action === 'create' && PLAIN_GROUPS.has(ref.group) && !ACTING.has(ref.kind)
}
