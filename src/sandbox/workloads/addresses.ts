import type { KubeObject } from '../../manifest/object.ts'
import type { Controller } from '../controller.ts'
import { objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { createEventRecorder } from './shared/event-recorder.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'
import { writeStatus } from './shared/status.ts'

const ingresses = 'networking.k8s.io/ingresses'
const delay = 200
/** One address for all ingresses, as an ingress controller has; load balancers get others of TEST-NET-3 (RFC 5737). */
const ingressAddress = '203.0.113.1'

/** Gives every Service of type LoadBalancer an address from outside, and takes it back. */
export const loadBalancerController: Controller = context => {
  const { client, clock } = context
  const record = createEventRecorder(client, clock, 'service-controller')
  const queue = createReconciler(context, (namespace, name) => {
    const service = client.get('/services', namespace, name)
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return
    const has = objectsAt(service, 'status', 'loadBalancer', 'ingress').length > 0
    const wants =
      textAt(service, 'spec', 'type') === 'LoadBalancer' && textAt(service, 'spec', 'loadBalancerClass') === ''
    if (wants === has) return
    if (!wants) {
      if (textAt(service, 'spec', 'type') === 'LoadBalancer') return
      writeStatus(client, '/services', service, { ...objectAt(service, 'status'), loadBalancer: {} })
      record(service, { reason: 'DeletedLoadBalancer', message: 'Deleted load balancer' })
      return
    }
    const ip = textAt(service, 'spec', 'loadBalancerIP') || freeAddress(client.list('/services'))
    writeStatus(client, '/services', service, {
      ...objectAt(service, 'status'),
      loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] },
    })
    record(service, { reason: 'EnsuredLoadBalancer', message: 'Ensured load balancer' })
  })
  const stop = client.watch('/services', ({ type, current }) => {
    const service = current.object
    if (type === 'DELETED') return
    const balanced = textAt(service, 'spec', 'type') === 'LoadBalancer'
    const has = objectsAt(service, 'status', 'loadBalancer', 'ingress').length > 0
    if (balanced === has) return
    if (balanced) record(service, { reason: 'EnsuringLoadBalancer', message: 'Ensuring load balancer' })
    queue.after(delay, keyOf(service))
  })
  return () => {
    queue.stop()
    stop()
  }
}

function freeAddress(services: readonly KubeObject[]): string {
  const taken = new Set(
    services.flatMap(one => objectsAt(one, 'status', 'loadBalancer', 'ingress').map(ingress => textAt(ingress, 'ip'))),
  )
  for (let last = 10; last < 255; last++) if (!taken.has(`203.0.113.${last}`)) return `203.0.113.${last}`
  for (let number = 0; ; number++) {
    const ip = `198.51.${100 + Math.floor(number / 254)}.${1 + (number % 254)}`
    if (!taken.has(ip)) return ip
  }
}

/** Writes the address of a pretended ingress controller into every Ingress. */
export const ingressController: Controller = base => {
  const client = base.client.as('ingress-controller')
  const context = { ...base, client }
  const queue = createReconciler(context, (namespace, name) => {
    const ingress = client.get(ingresses, namespace, name)
    if (ingress === undefined || ingress.metadata.deletionTimestamp !== undefined) return
    if (objectsAt(ingress, 'status', 'loadBalancer', 'ingress').length > 0) return
    writeStatus(client, ingresses, ingress, { loadBalancer: { ingress: [{ ip: ingressAddress }] } })
  })
  const stop = client.watch(ingresses, ({ type, current }) => {
    if (type === 'ADDED') queue.after(delay, keyOf(current.object))
  })
  return () => {
    queue.stop()
    stop()
  }
}
