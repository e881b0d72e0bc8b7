import type { KubeObject } from '../../manifest/object.ts'
import { bootstrapClusterRoleBindings, bootstrapClusterRoles } from '../auth/bootstrap-roles.ts'
import type { SandboxClient } from '../client.ts'

const RBAC = 'rbac.authorization.k8s.io'

/** Creates what every cluster has from the start and what is not there yet. */
export function bootstrap(client: SandboxClient, port: number): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    ensure(client, '/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  for (const role of bootstrapClusterRoles) ensure(client, `${RBAC}/clusterroles`, role)
  for (const binding of bootstrapClusterRoleBindings) ensure(client, `${RBAC}/clusterrolebindings`, binding)
  ensure(client, '/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      type: 'ClusterIP',
    },
  } as unknown as KubeObject)
  for (const [name, value, description] of [
    ['system-cluster-critical', 2_000_000_000, 'For pods that the cluster needs; they may be moved to another node.'],
    ['system-node-critical', 2_000_001_000, 'For pods that their node needs; they stay where they are.'],
  ] as const)
    ensure(client, 'scheduling.k8s.io/priorityclasses', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      description,
    } as unknown as KubeObject)
}

function ensure(client: SandboxClient, resource: string, object: KubeObject): void {
  const { namespace = '', name } = object.metadata
  if (client.get(resource, namespace, name) === undefined) client.create(resource, object)
}
