import type { JsonObject } from '../../manifest/json.ts'
import { type InstallOptions, labelsOf, metadataIn, NAME } from './options.ts'

const PRIORITY = 'system-cluster-critical'

/** The arguments of `lockstep run`. */
function argumentsOf({ logLevel, restricted, watchAllNamespaces }: InstallOptions): string[] {
  const lockdown = [
    '--no-cross-namespace-refs=true',
    '--no-remote-bases=true',
    '--default-service-account=default',
    '--default-kubeconfig-service-account=default',
    '--default-decryption-service-account=default',
  ]
  return [
    'run',
    `--watch-all-namespaces=${watchAllNamespaces}`,
    `--log-level=${logLevel}`,
    '--log-encoding=json',
    '--enable-leader-election',
    '--storage-path=/data',
    `--storage-adv-addr=${NAME}.$(RUNTIME_NAMESPACE).svc.cluster.local.`,
    ...(restricted ? lockdown : []),
  ]
}

function container(options: InstallOptions): JsonObject {
  const probe = (path: string) => ({ httpGet: { path, port: 'healthz' }, timeoutSeconds: 5 })
  return {
    name: 'manager',
    image: options.image,
    imagePullPolicy: 'IfNotPresent',
    args: argumentsOf(options),
    env: [{ name: 'RUNTIME_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
    ports: [
      { name: 'http', containerPort: 9090, protocol: 'TCP' },
      { name: 'http-prom', containerPort: 8080, protocol: 'TCP' },
      { name: 'healthz', containerPort: 9440, protocol: 'TCP' },
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

/** The engine: one Pod, replaced rather than rolled, as only one at a time may write. */
export function deployment(options: InstallOptions): JsonObject {
  const scraping = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataIn(options),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: NAME } },
      strategy: { type: 'Recreate' },
      template: {
        metadata: { labels: { app: NAME, ...labelsOf(options) }, annotations: scraping },
        spec: {
          serviceAccountName: NAME,
          priorityClassName: PRIORITY,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          terminationGracePeriodSeconds: 60,
          securityContext: { fsGroup: 1337, runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534 },
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

/** Drains wait where it runs more than once; with one Pod they go on. */
export function disruptionBudget(options: InstallOptions): JsonObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataIn(options),
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: NAME } } },
  }
}

/** Clusters that limit critical Pods to kube-system allow them where a quota says so. */
export function criticalQuota(options: InstallOptions): JsonObject {
  const scope = { operator: 'In', scopeName: 'PriorityClass', values: ['system-node-critical', PRIORITY] }
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadataIn(options, `critical-pods-${options.namespace}`),
    spec: { hard: { pods: '1000' }, scopeSelector: { matchExpressions: [scope] } },
  }
}
