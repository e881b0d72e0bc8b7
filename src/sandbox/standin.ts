import type { Kind } from './kind.ts'

const plain = (
  group: string,
  version: string,
  kind: string,
  plural: string,
  namespaced: boolean,
  shortNames: string[] = [],
  status = true,
): Kind => ({
  group,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames,
  categories: [],
  namespaced,
  versions: [{ version }],
  storageVersion: version,
  subresources: status ? ['status'] : [],
  nameRule: 'dns1123Subdomain',
  strategy: {},
})
export const standinKinds: readonly Kind[] = [
  {
    ...plain('', 'v1', 'Namespace', 'namespaces', false, ['ns']),
    subresources: ['status', 'finalize'],
    strategy: {
      prepareForCreate: object => ({ ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
    },
  },
  plain('', 'v1', 'ConfigMap', 'configmaps', true, ['cm'], false),
  plain('', 'v1', 'Secret', 'secrets', true, [], false),
  { ...plain('', 'v1', 'ServiceAccount', 'serviceaccounts', true, ['sa'], false), subresources: ['token'] },
  plain('', 'v1', 'Service', 'services', true, ['svc']),
  { ...plain('', 'v1', 'Pod', 'pods', true, ['po']), subresources: ['status', 'log', 'eviction', 'binding'] },
  plain('', 'v1', 'Event', 'events', true, ['ev'], false),
  plain('', 'v1', 'Node', 'nodes', false, ['no']),
  {
    ...plain('apps', 'v1', 'Deployment', 'deployments', true, ['deploy']),
    subresources: ['status', 'scale'],
    scale: { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: () => undefined },
  },
  plain('coordination.k8s.io', 'v1', 'Lease', 'leases', true, [], false),
  ...(['ClusterRole', 'ClusterRoleBinding'] as const).map(kind => ({
    ...plain('rbac.authorization.k8s.io', 'v1', kind, `${kind.toLowerCase()}s`, false, [], false),
    nameRule: 'pathSegment' as const,
  })),
  ...(['Role', 'RoleBinding'] as const).map(kind => ({
    ...plain('rbac.authorization.k8s.io', 'v1', kind, `${kind.toLowerCase()}s`, true, [], false),
    nameRule: 'pathSegment' as const,
  })),
  plain('scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false, ['pc'], false),
  plain('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false, ['crd', 'crds']),
]
