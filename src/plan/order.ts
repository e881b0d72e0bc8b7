import { compareText } from '../manifest/compare-text.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'

/** Kinds that others rely on, in the order in which they are applied; all others follow, then `LAST_KINDS`. */
const FIRST_KINDS = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]

/** Kinds that can get in the way of others. */
const LAST_KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

const RANKS: ReadonlyMap<string, number> = new Map([
  ...FIRST_KINDS.map((kind, index) => [kind, index - FIRST_KINDS.length] as const),
  ...LAST_KINDS.map((kind, index) => [kind, index + 1] as const),
])

type Identity = Omit<ObjectRef, 'version'>

/** The order of application inside a stage: kind, group, namespace, name. Prune goes the other way round. */
export function compareRefs(a: Identity, b: Identity): number {
  const rank = (RANKS.get(a.kind) ?? 0) - (RANKS.get(b.kind) ?? 0)
  if (rank !== 0) return rank
  return (
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  )
}

/** The stages of an apply, in order. After the first two, the next waits until their objects are Current. */
export const STAGES = ['definitions', 'classes', 'custom', 'resources'] as const
export type StageName = (typeof STAGES)[number]

/** Kinds that get the stage `custom`, as `Kind.group`; from a flag like `--custom-apply-stage-kinds`. */
export type GroupKinds = ReadonlySet<string>

/** Reads `group/Kind,Kind` into `Kind.group` names; a kind of the core group has no suffix. */
export function parseGroupKinds(text: string): GroupKinds {
  const items = text === '' ? [] : text.split(',').map(item => item.trim())
  return new Set(
    items.map(item => {
      const slash = item.indexOf('/')
      return slash < 0 ? item : groupKind({ group: item.slice(0, slash), kind: item.slice(slash + 1) })
    }),
  )
}

export function groupKind({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return group === '' ? kind : `${kind}.${group}`
}

/** The stage an object is applied in. */
export function stageOf(ref: Identity & { readonly version: string }, custom: GroupKinds): StageName {
  if (isClusterDefinition(ref)) return 'definitions'
  if (ref.kind.endsWith('Class')) return 'classes'
  return custom.has(groupKind(ref)) ? 'custom' : 'resources'
}

function isClusterDefinition({ group, version, kind }: Identity & { readonly version: string }): boolean {
  switch (kind.toLowerCase()) {
    case 'customresourcedefinition':
      return group === 'apiextensions.k8s.io'
    case 'namespace':
      return group === '' && version === 'v1'
    case 'clusterrole':
      return group === 'rbac.authorization.k8s.io'
    default:
      return false
  }
}

/** Whether an object is a Job, which no other rule of ordering looks at. */
export function isJob(object: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return object.kind === 'Job' && object.apiVersion.startsWith('batch/')
}
