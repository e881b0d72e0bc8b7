/** The controllers of kube-controller-manager; each acts as a service account of its own in kube-system. */
const CONTROLLERS = [
  'attachdetach-controller',
  'certificate-controller',
  'cloud-controller-manager',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'route-controller',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'statefulset-controller',
  'storage-version-migrator-controller',
  'taint-eviction-controller',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
]

/**
 * The parts of Kubernetes that change objects as a matter of course, by exact name: a service account of somebody else in
 * kube-system is none of them. The controllers share the first name where they have no service accounts of their own.
 */
export const BUILT_IN_USERS: readonly string[] = [
  'system:kube-controller-manager',
  'system:cloud-controller-manager',
  'system:kube-scheduler',
  'system:apiserver',
  ...CONTROLLERS.map(name => `system:serviceaccount:kube-system:${name}`),
]

/** The kubelets. What they may change is limited to their own node by the API server itself. */
export const BUILT_IN_GROUP = 'system:nodes'
