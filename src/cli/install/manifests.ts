import { gitRepositoryKind } from '../../api/git-repository.ts'
import { crdOf } from '../../api/kind.ts'
import { kustomizationKind } from '../../api/kustomization.ts'
import type { JsonObject } from '../../manifest/json.ts'

/** What an installation may differ in. */
export interface InstallOptions {
  readonly namespace: string
  /** Version of Lockstep, without `v`. */
  readonly version: string
  readonly image: string
  /** Act only as the service accounts that objects name, instead of as cluster-admin. */
  readonly restricted: boolean
  readonly logLevel: string
  readonly watchAllNamespaces: boolean
}

const NAME = 'lockstep'
/** The version of the Flux API that the CRDs follow; the `flux` CLI reads it from their labels. */
const FLUX_VERSION = 'v2.9.4'

function labelsOf({ namespace, version }: InstallOptions): Record<string, string> {
  return {
    'app.kubernetes.io/component': NAME,
    'app.kubernetes.io/instance': namespace,
    'app.kubernetes.io/part-of': 'flux',
    'app.kubernetes.io/version': `v${version}`,
  }
}

/** The CRDs of every kind that Lockstep serves. */
export function crds(): readonly JsonObject[] {
  return [gitRepositoryKind, kustomizationKind].map(kind => crdOf(kind, FLUX_VERSION))
}

function namespaceOf(options: InstallOptions): JsonObject {
  const labels = { ...labelsOf(options), 'pod-security.kubernetes.io/warn': 'restricted' }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: options.namespace, labels } }
}

function serviceAccount(options: InstallOptions): JsonObject {
  const metadata = { name: NAME, namespace: options.namespace, labels: labelsOf(options) }
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
}

/** What the engine needs for itself: its own kinds, events, leases, reading of references, and acting as others. */
const ENGINE_RULES: readonly JsonObject[] = [
  {
    apiGroups: ['source.toolkit.fluxcd.io', 'kustomize.toolkit.fluxcd.io'],
    resources: ['*'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  {
    apiGroups: [''],
    resources: ['namespaces', 'secrets', 'configmaps', 'serviceaccounts'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'patch', 'delete'] },
]

function binding(options: InstallOptions, name: string, role: string): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: labelsOf(options) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: options.namespace }],
  }
}

function accessRules(options: InstallOptions): readonly JsonObject[] {
  const name = `${NAME}-${options.namespace}`
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: labelsOf(options) },
    rules: ENGINE_RULES,
  }
  const engine = [role, binding(options, name, name)]
  return options.restricted ? engine : [...engine, binding(options, `${name}-reconciler`, 'cluster-admin')]
}

function service(options: InstallOptions): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: options.namespace, labels: labelsOf(options) },
    spec: {
      selector: { app: NAME },
      ports: [{ name: 'artifacts', port: 80, protocol: 'TCP', targetPort: 'artifacts' }],
    },
  }
}

function container(options: InstallOptions): JsonObject {
  const probe = (path: string) => ({ httpGet: { path, port: 'health' } })
  return {
    name: 'manager',
    image: options.image,
    args: [
      'run',
      `--watch-all-namespaces=${options.watchAllNamespaces}`,
      `--log-level=${options.logLevel}`,
      '--storage-path=/data',
      `--storage-adv-addr=${NAME}.$(RUNTIME_NAMESPACE).svc.cluster.local.`,
    ],
    env: [{ name: 'RUNTIME_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
    ports: [
      { name: 'artifacts', containerPort: 9090, protocol: 'TCP' },
      { name: 'metrics', containerPort: 8080, protocol: 'TCP' },
      { name: 'health', containerPort: 9440, protocol: 'TCP' },
    ],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: 'data', mountPath: '/data' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  }
}

function deployment(options: InstallOptions): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: options.namespace, labels: labelsOf(options) },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: NAME } },
      strategy: { type: 'Recreate' },
      template: {
        metadata: { labels: { app: NAME, ...labelsOf(options) } },
        spec: {
          serviceAccountName: NAME,
          priorityClassName: 'system-cluster-critical',
          terminationGracePeriodSeconds: 30,
          securityContext: { fsGroup: 1337, runAsUser: 65534 },
          containers: [container(options)],
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  }
}

/** Everything that an installation consists of, in the order in which it is applied. */
export function installManifests(options: InstallOptions): readonly JsonObject[] {
  return [
    namespaceOf(options),
    ...crds(),
    serviceAccount(options),
    ...accessRules(options),
    service(options),
    deployment(options),
  ]
}
