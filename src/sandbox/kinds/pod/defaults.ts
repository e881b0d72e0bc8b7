import type { JsonObject } from '../../../manifest/json.ts'
import { resourceQuantity, type StructDefaults } from '../schema/normalize.ts'
import { at, eachItem, has, numberAt, objectAt, textAt, withField, withMissing, withUnset } from '../schema/value.ts'

const volume = (value: JsonObject): JsonObject => {
  for (const key in value) if (key !== 'name' && has(value, key)) return withImagePolicy(value)
  return { ...value, emptyDir: {} }
}

const container = (value: JsonObject): JsonObject =>
  withUnset(value, {
    imagePullPolicy: pullPolicy(textAt(value, 'image')),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  })

const defaultMode = (value: JsonObject): JsonObject => withMissing(value, { defaultMode: 420 })

/**
 * What the API server fills in wherever a pod's specification stands (Pod, templates of workloads), by Go struct. Defaults
 * that only a Pod gets are in `wholePodDefaults`.
 */
export const podSpecDefaults: StructDefaults = {
  'core/v1.PodSpec': value =>
    withMissing(
      withUnset(withServiceAccount(value), {
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
      }),
      { securityContext: {}, terminationGracePeriodSeconds: 30 },
    ),
  'core/v1.Volume': volume,
  'core/v1.Container': container,
  'core/v1.EphemeralContainer': container,
  'core/v1.ContainerPort': value => withUnset(value, { protocol: 'TCP' }),
  'core/v1.Probe': value =>
    withProbeService(
      withUnset(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
    ),
  'core/v1.HTTPGetAction': value => withUnset(value, { path: '/', scheme: 'HTTP' }),
  'core/v1.SecretVolumeSource': defaultMode,
  'core/v1.ConfigMapVolumeSource': defaultMode,
  'core/v1.DownwardAPIVolumeSource': defaultMode,
  'core/v1.ProjectedVolumeSource': defaultMode,
  'core/v1.ServiceAccountTokenProjection': value => withMissing(value, { expirationSeconds: 3600 }),
  'core/v1.ObjectFieldSelector': value => withUnset(value, { apiVersion: 'v1' }),
  'core/v1.HostPathVolumeSource': value => withMissing(value, { type: '' }),
  'core/v1.ISCSIVolumeSource': value => withUnset(value, { iscsiInterface: 'default' }),
  'core/v1.RBDVolumeSource': value => withUnset(value, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  'core/v1.AzureDiskVolumeSource': value =>
    withMissing(value, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }),
  'core/v1.ScaleIOVolumeSource': value => withUnset(value, { storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  'core/v1.PersistentVolumeClaimSpec': value => withMissing(value, { volumeMode: 'Filesystem' }),
}

/** The old name of the field and the new one always say the same. */
function withServiceAccount(spec: JsonObject): JsonObject {
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount')
  if (name === '' || (spec['serviceAccountName'] === name && spec['serviceAccount'] === name)) return spec
  return { ...spec, serviceAccountName: name, serviceAccount: name }
}

/** `Always` for the tag `latest`, which is also what an image without tag or digest has. */
export function pullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const name = image.slice(image.lastIndexOf('/') + 1)
  if (image.includes('@')) return 'IfNotPresent'
  const colon = name.indexOf(':')
  return colon < 0 || name.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent'
}

function withImagePolicy(value: JsonObject): JsonObject {
  if (!has(value, 'image')) return value
  return withField(value, 'image', image =>
    withUnset(image as JsonObject, { pullPolicy: pullPolicy(textAt(image, 'reference')) }),
  )
}

function withProbeService(value: JsonObject): JsonObject {
  return has(value, 'grpc') ? withField(value, 'grpc', grpc => withMissing(grpc as JsonObject, { service: '' })) : value
}

/** What only a Pod gets: requests from limits, service links, host ports. */
export const wholePodDefaults: StructDefaults = {
  'core/v1.Pod': pod => withField(pod, 'spec', spec => wholePodSpec((spec ?? {}) as JsonObject)),
}

function wholePodSpec(given: JsonObject): JsonObject {
  let spec = withMissing(given, { enableServiceLinks: true })
  for (const list of ['containers', 'initContainers']) {
    spec = withField(spec, list, containers => eachItem(containers, requestsFromLimits))
    if (at(spec, 'hostNetwork') === true)
      spec = withField(spec, list, containers => eachItem(containers, hostPortsFromContainerPorts))
  }
  return spec
}

function requestsFromLimits(value: JsonObject): JsonObject {
  const limits = at(value, 'resources', 'limits')
  if (limits === undefined || limits === null) return value
  return withField(value, 'resources', resources =>
    withField(resources as JsonObject, 'requests', requests => {
      const given = (requests ?? {}) as JsonObject
      const filled = withMissing(given, limits as JsonObject)
      return filled === given ? requests : filled
    }),
  )
}

function hostPortsFromContainerPorts(value: JsonObject): JsonObject {
  return withField(value, 'ports', ports =>
    eachItem(ports, port => withUnset(port, { hostPort: numberAt(port, 'containerPort') })),
  )
}

/** The quality of service class that requests and limits give a pod. */
export function qosClass(pod: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false
  let guaranteed = true
  for (const list of ['containers', 'initContainers'])
    for (const one of (at(pod, 'spec', list) ?? []) as readonly JsonObject[]) {
      const limits = objectAt(one, 'resources', 'limits')
      const requests = objectAt(one, 'resources', 'requests')
      for (const resource of ['cpu', 'memory']) {
        const limit = limits[resource]
        const request = requests[resource]
        if (isPositive(limit) || isPositive(request)) any = true
        if (!isPositive(limit) || resourceQuantity(String(limit)) !== resourceQuantity(String(request ?? limit)))
          guaranteed = false
      }
    }
  return any ? (guaranteed ? 'Guaranteed' : 'Burstable') : 'BestEffort'
}

function isPositive(quantity: unknown): boolean {
  return quantity !== undefined && quantity !== null && resourceQuantity(String(quantity)) !== '0'
}
