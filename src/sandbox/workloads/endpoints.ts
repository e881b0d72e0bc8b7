import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, has, labelsAt, numberAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { createIndex, type Index, indexByOwner, ownerReference } from './shared/index-of.ts'
import { isReady } from './shared/pods.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'

const slices = 'discovery.k8s.io/endpointslices'
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time'
const serviceName = 'kubernetes.io/service-name'
const managedBy = 'endpointslice.kubernetes.io/managed-by'

/** Keeps the EndpointSlices and the Endpoints of every Service that selects pods. */
export const endpointsController: Controller = context => {
  const { client } = context
  const queue = createReconciler(context, (namespace, name) => {
    const service = client.get('/services', namespace, name)
    if (service === undefined) {
      if (client.get('/endpoints', namespace, name) !== undefined && ownEndpoints(client, namespace, name))
        client.delete('/endpoints', namespace, name)
      return
    }
    if (service.metadata.deletionTimestamp === undefined) reconcile(context, service, pods, owned)
  })
  const stopServices = client.watch('/services', event => queue.add(keyOf(event.current.object)))
  const pods = createIndex(
    client,
    '/pods',
    pod => pod.metadata.namespace,
    (namespace, pod) => {
      for (const service of client.list('/services', namespace)) if (selects(service, pod)) queue.add(keyOf(service))
    },
  )
  const owned = indexByOwner(client, slices)
  return () => {
    queue.stop()
    stopServices()
    pods.stop()
    owned.stop()
  }
}

function ownEndpoints(client: ControllerContext['client'], namespace: string, name: string): boolean {
  const endpoints = client.get('/endpoints', namespace, name)
  return endpoints?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller'
}

function selects(service: KubeObject, pod: KubeObject): boolean {
  const selector = Object.entries(labelsAt(service, 'spec', 'selector'))
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value)
}

interface Endpoint {
  readonly ip: string
  readonly ready: boolean
  readonly terminating: boolean
  readonly pod: KubeObject
}

function reconcile(context: ControllerContext, service: KubeObject, pods: Index, owned: Index): void {
  if (Object.keys(labelsAt(service, 'spec', 'selector')).length === 0) return
  if (textAt(service, 'spec', 'type') === 'ExternalName') return
  const publishAll = at(service, 'spec', 'publishNotReadyAddresses') === true
  const matching = pods
    .of(service.metadata.namespace ?? '')
    .filter(pod => selects(service, pod) && textAt(pod, 'status', 'podIP') !== '')
    .filter(pod => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')))
    .toSorted((a, b) => textAt(a, 'status', 'podIP').localeCompare(textAt(b, 'status', 'podIP')))
  const endpoints = matching.map(pod => {
    const terminating = pod.metadata.deletionTimestamp !== undefined
    return { ip: textAt(pod, 'status', 'podIP'), ready: publishAll || (isReady(pod) && !terminating), terminating, pod }
  })
  const ports = portsOf(service, matching)
  writeSlice(context, service, endpoints, ports, owned)
  writeEndpoints(context, service, endpoints, ports)
}

/** The ports as the pods have them: a named target port is looked up in the first pod that knows it. */
function portsOf(service: KubeObject, pods: readonly KubeObject[]): readonly JsonObject[] {
  return objectsAt(service, 'spec', 'ports').flatMap(port => {
    const target = at(port, 'targetPort')
    const protocol = textAt(port, 'protocol')
    const number = typeof target === 'string' ? namedPort(target, protocol, pods) : Number(target)
    if (number === undefined) return []
    return [
      {
        ...(textAt(port, 'name') === '' ? {} : { name: textAt(port, 'name') }),
        port: number,
        protocol,
        ...(has(port, 'appProtocol') ? { appProtocol: textAt(port, 'appProtocol') } : {}),
      },
    ]
  })
}

function namedPort(name: string, protocol: string, pods: readonly KubeObject[]): number | undefined {
  for (const pod of pods)
    for (const container of objectsAt(pod, 'spec', 'containers'))
      for (const port of objectsAt(container, 'ports'))
        if (textAt(port, 'name') === name && textAt(port, 'protocol') === protocol)
          return numberAt(port, 'containerPort')
  return undefined
}

/** A pod that names the service as its subdomain is known under its own name. */
function hostnameOf(service: KubeObject, pod: KubeObject): JsonObject {
  const hostname = textAt(pod, 'spec', 'hostname')
  return hostname !== '' && textAt(pod, 'spec', 'subdomain') === service.metadata.name ? { hostname } : {}
}

function targetOf(pod: KubeObject): JsonObject {
  const { name, namespace = '', uid = '' } = pod.metadata
  return { kind: 'Pod', name, namespace, uid }
}

function writeSlice(
  { client, clock }: ControllerContext,
  service: KubeObject,
  endpoints: readonly Endpoint[],
  ports: readonly JsonObject[],
  owned: Index,
): void {
  const { name, namespace = '', uid = '' } = service.metadata
  const headless = textAt(service, 'spec', 'clusterIP') === 'None'
  const wanted = {
    labels: {
      ...service.metadata.labels,
      [managedBy]: 'endpointslice-controller.k8s.io',
      [serviceName]: name,
      ...(headless ? { 'service.kubernetes.io/headless': '' } : {}),
    },
    endpoints: endpoints.map(({ ip, ready, terminating, pod }) => ({
      addresses: [ip],
      conditions: { ready, serving: isReady(pod), terminating },
      ...hostnameOf(service, pod),
      nodeName: textAt(pod, 'spec', 'nodeName'),
      targetRef: targetOf(pod),
    })),
    ports: ports.map(port => ({ name: '', ...port })),
  }
  const present = owned.of(uid)[0]
  const annotations = { [triggerTime]: timestamp(clock.now()) }
  if (present === undefined) {
    client.create(slices, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: '',
        generateName: `${name}-`,
        namespace,
        labels: wanted.labels,
        annotations,
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      endpoints: wanted.endpoints,
      ports: wanted.ports,
    })
    return
  }
  const same =
    isDeepStrictEqual(present.metadata.labels, wanted.labels) &&
    isDeepStrictEqual(at(present, 'endpoints') ?? [], wanted.endpoints) &&
    isDeepStrictEqual(at(present, 'ports') ?? [], wanted.ports)
  if (same) return
  client.update(slices, {
    ...present,
    metadata: {
      ...present.metadata,
      labels: wanted.labels,
      annotations: { ...present.metadata.annotations, ...annotations },
    },
    endpoints: wanted.endpoints,
    ports: wanted.ports,
  })
}

function writeEndpoints(
  { client, clock }: ControllerContext,
  service: KubeObject,
  endpoints: readonly Endpoint[],
  ports: readonly JsonObject[],
): void {
  const { name, namespace = '' } = service.metadata
  const address = ({ ip, pod }: Endpoint): JsonObject => ({
    ip,
    ...hostnameOf(service, pod),
    nodeName: textAt(pod, 'spec', 'nodeName'),
    targetRef: targetOf(pod),
  })
  const addresses = endpoints.filter(one => one.ready).map(address)
  const notReadyAddresses = endpoints.filter(one => !one.ready && !one.terminating).map(address)
  const subsets =
    addresses.length + notReadyAddresses.length === 0
      ? []
      : [
          {
            ...(addresses.length === 0 ? {} : { addresses }),
            ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
            ...(ports.length === 0 ? {} : { ports }),
          },
        ]
  const labels = {
    ...service.metadata.labels,
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    ...(textAt(service, 'spec', 'clusterIP') === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  }
  const present = client.get('/endpoints', namespace, name)
  if (
    present !== undefined &&
    isDeepStrictEqual(at(present, 'subsets') ?? [], subsets) &&
    isDeepStrictEqual(present.metadata.labels, labels)
  )
    return
  const annotations = { ...present?.metadata.annotations, [triggerTime]: timestamp(clock.now()) }
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...(present?.metadata ?? { name, namespace }), labels, annotations },
    ...(subsets.length === 0 ? {} : { subsets }),
  }
  if (present === undefined) client.create('/endpoints', object)
  else client.update('/endpoints', object)
}
