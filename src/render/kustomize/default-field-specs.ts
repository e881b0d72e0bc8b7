import { type FieldSpec, makeFieldSpec } from './field-spec.ts'
import { type NameReference, sortedConfig, type TransformerConfig } from './transformer-config.ts'

function makeDefaults(): TransformerConfig {
  return {
    namePrefix: [makeFieldSpec('metadata/name')],
    nameSuffix: [makeFieldSpec('metadata/name')],
    namespace: [
      makeFieldSpec('metadata/name', { kind: 'Namespace', create: true }),
      makeFieldSpec('spec/service/namespace', { group: 'apiregistration.k8s.io', kind: 'APIService', create: true }),
      makeFieldSpec('spec/conversion/webhook/clientConfig/service/namespace', {
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
      }),
    ],
    commonLabels: [...selectorLabels(), ...metadataLabels(), claimTemplateLabels()],
    labels: [],
    templateLabels: metadataLabels(),
    volumeClaimTemplateLabels: [claimTemplateLabels()],
    commonAnnotations: [
      makeFieldSpec('metadata/annotations', { create: true }),
      makeFieldSpec('spec/template/metadata/annotations', {
        create: true,
        version: 'v1',
        kind: 'ReplicationController',
      }),
      ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map(kind =>
        makeFieldSpec('spec/template/metadata/annotations', { create: true, kind }),
      ),
      makeFieldSpec('spec/template/metadata/annotations', { create: true, group: 'batch', kind: 'Job' }),
      makeFieldSpec('spec/jobTemplate/metadata/annotations', { create: true, group: 'batch', kind: 'CronJob' }),
      makeFieldSpec('spec/jobTemplate/spec/template/metadata/annotations', {
        create: true,
        group: 'batch',
        kind: 'CronJob',
      }),
    ],
    images: [
      'spec/containers[]/image',
      'spec/initContainers[]/image',
      'spec/volumes[]/image/reference',
      'spec/template/spec/containers[]/image',
      'spec/template/spec/initContainers[]/image',
      'spec/template/spec/volumes[]/image/reference',
      'spec/jobTemplate/spec/template/spec/volumes[]/image/reference',
    ].map(path => makeFieldSpec(path, { create: true })),
    replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map(kind =>
      makeFieldSpec('spec/replicas', { create: true, kind }),
    ),
    varReference: variableFields(),
    nameReference: nameReferences(),
    settled: true,
  }
}

function claimTemplateLabels(): FieldSpec {
  return makeFieldSpec('spec/volumeClaimTemplates[]/metadata/labels', {
    create: true,
    group: 'apps',
    kind: 'StatefulSet',
  })
}

function metadataLabels(): FieldSpec[] {
  const template = 'spec/template/metadata/labels'
  return [
    makeFieldSpec('metadata/labels', { create: true }),
    makeFieldSpec(template, { create: true, version: 'v1', kind: 'ReplicationController' }),
    ...['Deployment', 'ReplicaSet', 'DaemonSet'].map(kind => makeFieldSpec(template, { create: true, kind })),
    makeFieldSpec(template, { create: true, group: 'apps', kind: 'StatefulSet' }),
    makeFieldSpec(template, { create: true, group: 'batch', kind: 'Job' }),
    makeFieldSpec('spec/jobTemplate/metadata/labels', { create: true, group: 'batch', kind: 'CronJob' }),
    makeFieldSpec('spec/jobTemplate/spec/template/metadata/labels', { create: true, group: 'batch', kind: 'CronJob' }),
  ]
}

function selectorLabels(): FieldSpec[] {
  const match = 'spec/selector/matchLabels'
  const affinity = ['podAffinity', 'podAntiAffinity'].flatMap(name => [
    `spec/template/spec/affinity/${name}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
    `spec/template/spec/affinity/${name}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
  ])
  const scheduling = [...affinity, 'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels']
  const inPods = (kind: string): FieldSpec[] => scheduling.map(path => makeFieldSpec(path, { group: 'apps', kind }))
  const network = { group: 'networking.k8s.io', kind: 'NetworkPolicy' }
  return [
    makeFieldSpec('spec/selector', { create: true, version: 'v1', kind: 'Service' }),
    makeFieldSpec('spec/selector', { create: true, version: 'v1', kind: 'ReplicationController' }),
    makeFieldSpec(match, { create: true, kind: 'Deployment' }),
    ...inPods('Deployment'),
    makeFieldSpec(match, { create: true, kind: 'ReplicaSet' }),
    makeFieldSpec(match, { create: true, kind: 'DaemonSet' }),
    makeFieldSpec(match, { create: true, group: 'apps', kind: 'StatefulSet' }),
    ...inPods('StatefulSet'),
    makeFieldSpec(match, { group: 'batch', kind: 'Job' }),
    makeFieldSpec('spec/jobTemplate/spec/selector/matchLabels', { group: 'batch', kind: 'CronJob' }),
    makeFieldSpec(match, { group: 'policy', kind: 'PodDisruptionBudget' }),
    makeFieldSpec('spec/podSelector/matchLabels', network),
    makeFieldSpec('spec/ingress/from/podSelector/matchLabels', network),
    makeFieldSpec('spec/egress/to/podSelector/matchLabels', network),
  ]
}

const inContainers = ['args', 'command', 'env/value', 'volumeMounts/mountPath']

function variableFields(): FieldSpec[] {
  const pods = (kind: string, pod: string, nfs: string): FieldSpec[] =>
    [
      ...['containers', 'initContainers'].flatMap(list => inContainers.map(field => `${pod}/${list}/${field}`)),
      nfs,
    ].map(path => makeFieldSpec(path, { kind }))
  const template = 'spec/template/spec'
  const nfs = `${template}/volumes/nfs/server`
  return [
    ...pods('CronJob', 'spec/jobTemplate/spec/template/spec', 'spec/jobTemplate/spec/template/volumes/nfs/server'),
    ...pods('DaemonSet', template, nfs),
    ...pods('Deployment', template, nfs),
    makeFieldSpec('spec/template/metadata/annotations', { kind: 'Deployment' }),
    ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map(path =>
      makeFieldSpec(path, { kind: 'Ingress' }),
    ),
    ...pods('Job', template, nfs),
    ...pods('Pod', 'spec', 'spec/volumes/nfs/server'),
    ...pods('ReplicaSet', template, nfs),
    ...['spec/ports/port', 'spec/ports/targetPort'].map(path => makeFieldSpec(path, { kind: 'Service' })),
    ...pods('StatefulSet', template, 'spec/volumeClaimTemplates/spec/nfs/server'),
    makeFieldSpec('spec/nfs/server', { kind: 'PersistentVolume' }),
    makeFieldSpec('metadata/labels'),
    makeFieldSpec('metadata/annotations'),
  ]
}

/** Kinds with a pod template, and where in them the pod's spec is. */
const workloads: readonly (readonly [string, string])[] = [
  ['Deployment', 'spec/template/spec'],
  ['ReplicaSet', 'spec/template/spec'],
  ['DaemonSet', 'spec/template/spec'],
  ['StatefulSet', 'spec/template/spec'],
  ['Job', 'spec/template/spec'],
]

const cronJobPod = 'spec/jobTemplate/spec/template/spec'

function inPodSpecs(fields: readonly string[], cronJobFields: readonly string[]): FieldSpec[] {
  return [
    ...fields.map(field => makeFieldSpec(`spec/${field}`, { version: 'v1', kind: 'Pod' })),
    ...fields.map(field => makeFieldSpec(`template/spec/${field}`, { kind: 'PodTemplate' })),
    ...workloads.flatMap(([kind, pod]) => fields.map(field => makeFieldSpec(`${pod}/${field}`, { kind }))),
    ...cronJobFields.map(field => makeFieldSpec(`${cronJobPod}/${field}`, { kind: 'CronJob' })),
  ]
}

/** Where the kinds that run pods by a controller name something in their pod's spec. */
function inControllers(field: string): FieldSpec[] {
  const template = (kind: string): FieldSpec => makeFieldSpec(`spec/template/spec/${field}`, { kind })
  return [
    makeFieldSpec(`spec/${field}`, { kind: 'Pod' }),
    template('StatefulSet'),
    template('Deployment'),
    template('ReplicationController'),
    makeFieldSpec(`${cronJobPod}/${field}`, { kind: 'CronJob' }),
    template('Job'),
    template('DaemonSet'),
  ]
}

function reference(target: Partial<NameReference>, referrers: readonly FieldSpec[]): NameReference {
  return { group: '', version: '', kind: '', ...target, fieldSpecs: referrers }
}

function nameReferences(): NameReference[] {
  const rbac = 'rbac.authorization.k8s.io'
  const admission = 'admissionregistration.k8s.io'
  const autoscaled = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map(kind =>
    reference({ kind }, [makeFieldSpec('spec/scaleTargetRef/name', { kind: 'HorizontalPodAutoscaler' })]),
  )
  return [
    ...autoscaled,
    configMapReferences(),
    secretReferences(),
    serviceReferences(),
    reference({ kind: 'Role', group: rbac }, [makeFieldSpec('roleRef/name', { kind: 'RoleBinding', group: rbac })]),
    reference({ kind: 'ClusterRole', group: rbac }, [
      makeFieldSpec('roleRef/name', { kind: 'RoleBinding', group: rbac }),
      makeFieldSpec('roleRef/name', { kind: 'ClusterRoleBinding', group: rbac }),
    ]),
    reference({ kind: 'ServiceAccount', version: 'v1' }, [
      makeFieldSpec('subjects', { kind: 'RoleBinding', group: rbac }),
      makeFieldSpec('subjects', { kind: 'ClusterRoleBinding', group: rbac }),
      ...inControllers('serviceAccountName'),
    ]),
    reference(
      { kind: 'PersistentVolumeClaim', version: 'v1' },
      inControllers('volumes/persistentVolumeClaim/claimName'),
    ),
    reference({ kind: 'PersistentVolume', version: 'v1' }, [
      makeFieldSpec('spec/volumeName', { kind: 'PersistentVolumeClaim' }),
      makeFieldSpec('rules/resourceNames', { kind: 'ClusterRole' }),
    ]),
    reference({ kind: 'StorageClass', version: 'v1', group: 'storage.k8s.io' }, [
      makeFieldSpec('spec/storageClassName', { kind: 'PersistentVolume' }),
      makeFieldSpec('spec/storageClassName', { kind: 'PersistentVolumeClaim' }),
      makeFieldSpec('spec/volumeClaimTemplates/spec/storageClassName', { kind: 'StatefulSet' }),
    ]),
    reference({ kind: 'PriorityClass', version: 'v1', group: 'scheduling.k8s.io' }, inControllers('priorityClassName')),
    // The group of this entry is a slip of the original; it never matches, and its outputs depend on that.
    reference({ kind: 'IngressClass', version: 'v1', group: 'networking.k8s.io/v1' }, [
      makeFieldSpec('spec/ingressClassName', { kind: 'Ingress' }),
    ]),
    reference({ kind: 'ValidatingAdmissionPolicy', group: admission }, [
      makeFieldSpec('spec/policyName', { kind: 'ValidatingAdmissionPolicyBinding', group: admission }),
    ]),
  ]
}

function configMapReferences(): NameReference {
  const volume = 'volumes/configMap/name'
  const projected = 'volumes/projected/sources/configMap/name'
  const inEnvironment = [
    'containers/env/valueFrom/configMapKeyRef/name',
    'initContainers/env/valueFrom/configMapKeyRef/name',
    'containers/envFrom/configMapRef/name',
    'initContainers/envFrom/configMapRef/name',
  ]
  return reference({ kind: 'ConfigMap', version: 'v1' }, [
    ...inPodSpecs([volume, ...inEnvironment, projected], [volume, projected, ...inEnvironment]),
    makeFieldSpec('spec/configSource/configMap', { kind: 'Node' }),
    makeFieldSpec('rules/resourceNames', { kind: 'Role' }),
    makeFieldSpec('rules/resourceNames', { kind: 'ClusterRole' }),
    makeFieldSpec('metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap', { kind: 'Ingress' }),
  ])
}

function secretReferences(): NameReference {
  const volume = 'volumes/secret/secretName'
  const projected = 'volumes/projected/sources/secret/name'
  const inEnvironment = [
    'containers/env/valueFrom/secretKeyRef/name',
    'initContainers/env/valueFrom/secretKeyRef/name',
    'containers/envFrom/secretRef/name',
    'initContainers/envFrom/secretRef/name',
  ]
  const pull = 'imagePullSecrets/name'
  const annotations = [
    'ingress.kubernetes.io\\/auth-secret',
    'nginx.ingress.kubernetes.io\\/auth-secret',
    'nginx.ingress.kubernetes.io\\/auth-tls-secret',
  ]
  return reference({ kind: 'Secret', version: 'v1' }, [
    ...inPodSpecs([volume, ...inEnvironment, pull, projected], [volume, projected, ...inEnvironment, pull]),
    makeFieldSpec('spec/tls/secretName', { kind: 'Ingress' }),
    ...annotations.map(name => makeFieldSpec(`metadata/annotations/${name}`, { kind: 'Ingress' })),
    makeFieldSpec('imagePullSecrets/name', { kind: 'ServiceAccount' }),
    ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map(name =>
      makeFieldSpec(`parameters/${name}`, { kind: 'StorageClass' }),
    ),
    makeFieldSpec('rules/resourceNames', { kind: 'Role' }),
    makeFieldSpec('rules/resourceNames', { kind: 'ClusterRole' }),
    makeFieldSpec('spec/template/spec/containers/env/valueFrom/secretKeyRef/name', {
      kind: 'Service',
      group: 'serving.knative.dev',
      version: 'v1',
    }),
    makeFieldSpec('spec/azureFile/secretName', { kind: 'PersistentVolume' }),
  ])
}

function serviceReferences(): NameReference {
  const ingress = [
    'spec/rules/http/paths/backend/serviceName',
    'spec/backend/serviceName',
    'spec/rules/http/paths/backend/service/name',
    'spec/defaultBackend/service/name',
  ]
  const group = 'admissionregistration.k8s.io'
  return reference({ kind: 'Service', version: 'v1' }, [
    makeFieldSpec('spec/serviceName', { kind: 'StatefulSet', group: 'apps' }),
    ...ingress.map(path => makeFieldSpec(path, { kind: 'Ingress' })),
    makeFieldSpec('spec/service/name', { kind: 'APIService', group: 'apiregistration.k8s.io' }),
    makeFieldSpec('webhooks/clientConfig/service', { kind: 'ValidatingWebhookConfiguration', group }),
    makeFieldSpec('webhooks/clientConfig/service', { kind: 'MutatingWebhookConfiguration', group }),
  ])
}

/** Where kustomize's transformers work unless a configuration adds to it. Facts of kustomize 5.8. */
export const defaultTransformerConfig: TransformerConfig = sortedConfig(makeDefaults())
