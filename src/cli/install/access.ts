import { ENGINE_EXTRA } from '../../engine/lock/lock-policy.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { type InstallOptions, labelsOf, metadataIn, NAME } from './options.ts'

const RBAC = 'rbac.authorization.k8s.io'
const READ = ['get', 'list', 'watch']

/** ClusterRoles with this label, set to `true`, tell what the engine may read to notice drift. */
export const OBSERVED = 'lockstep.dev/aggregate-to-observer'

/**
 * The engine's own objects, what they refer to, events about them, acting as the service accounts they name and saying that it
 * is the engine that does, and the locks that they ask for.
 */
const ENGINE_RULES: readonly JsonObject[] = [
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['gitrepositories'],
    verbs: [...READ, 'patch'],
  },
  {
    apiGroups: ['kustomize.toolkit.fluxcd.io'],
    resources: ['kustomizations'],
    verbs: [...READ, 'patch'],
  },
  { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories/status'], verbs: ['patch'] },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: READ },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  // Their annotations say which cloud identity they stand for, and their tokens prove it.
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'impersonate'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  {
    apiGroups: ['authentication.k8s.io'],
    resources: [`userextras/${ENGINE_EXTRA.key}`],
    resourceNames: [ENGINE_EXTRA.value],
    verbs: ['impersonate'],
  },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
    verbs: [...READ, 'create', 'patch', 'delete'],
  },
]

/** What the built-in role `view` leaves out, and what is often managed all the same. */
const OBSERVED_RULES: readonly JsonObject[] = [
  { apiGroups: [''], resources: ['namespaces', 'persistentvolumes'], verbs: READ },
  { apiGroups: [RBAC], resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], verbs: READ },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
  { apiGroups: ['admissionregistration.k8s.io', 'scheduling.k8s.io', 'storage.k8s.io'], resources: ['*'], verbs: READ },
]

function clusterRole(options: InstallOptions, name: string, rest: JsonObject, labels: JsonObject = {}): JsonObject {
  const metadata = { name, labels: { ...labelsOf(options), ...labels } }
  return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, ...rest }
}

function subjects({ namespace }: InstallOptions): JsonObject[] {
  return [{ kind: 'ServiceAccount', name: NAME, namespace }]
}

function clusterBinding(options: InstallOptions, name: string, role: string): JsonObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: labelsOf(options) },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: subjects(options),
  }
}

/** The Lease lives in the installation's namespace, and so does the right to it. */
function leaseAccess(options: InstallOptions): readonly JsonObject[] {
  const metadata = metadataIn(options, `${NAME}-lease`)
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ ...leases, verbs: ['get', 'create', 'update'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: `${NAME}-lease` },
      subjects: subjects(options),
    },
  ]
}

/**
 * What the engine may do. It reads what it manages to notice drift: what the role `view` shows, and what ClusterRoles with
 * the label `lockstep.dev/aggregate-to-observer` add. It writes as the service accounts that objects name; as
 * cluster-admin where nothing is named, unless the installation is restricted.
 */
export function accessRules(options: InstallOptions): readonly JsonObject[] {
  const name = `${NAME}-${options.namespace}`
  const selectors = ['rbac.authorization.k8s.io/aggregate-to-view', OBSERVED]
  const aggregated = {
    aggregationRule: { clusterRoleSelectors: selectors.map(label => ({ matchLabels: { [label]: 'true' } })) },
  }
  const engine = [
    clusterRole(options, name, { rules: [...ENGINE_RULES] }),
    clusterBinding(options, name, name),
    clusterRole(options, `${name}-observed`, { rules: [...OBSERVED_RULES] }, { [OBSERVED]: 'true' }),
    clusterRole(options, `${name}-observer`, aggregated),
    clusterBinding(options, `${name}-observer`, `${name}-observer`),
    ...leaseAccess(options),
  ]
  return options.restricted ? engine : [...engine, clusterBinding(options, `${name}-reconciler`, 'cluster-admin')]
}
