import type { JsonObject } from '../../manifest/json.ts'
import { asJson, numberAt, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import type { Registry } from '../registry/registry.ts'
import { notFound } from '../status.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * Where a service can be reached from this process: what an ExternalName names, or an address that somebody wrote into an
 * EndpointSlice. Simulated pods listen to nothing, so that a service with such pods alone is told as refusing. A text is
 * what is wrong, in the words of the API server's resolver.
 */
export function resolveService(
  registry: Registry,
  { namespace, name, port }: { readonly namespace: string; readonly name: string; readonly port: number },
): Endpoint | string {
  const found = registry.store.get('/services', namespace, name)
  if (found === undefined)
    return notFound({ group: '', resource: 'services' }, name).message.replace(/^services/, 'service')
  const service = asJson(found.object)
  if (textAt(service, 'spec', 'type') === 'ExternalName') return { host: textAt(service, 'spec', 'externalName'), port }
  const servicePort = objectsAt(service, 'spec', 'ports').find(one => numberAt(one, 'port') === port)
  if (servicePort === undefined) return `no service port ${port} found for service ${JSON.stringify(name)}`
  const slices = registry.reader
    .list('discovery.k8s.io/endpointslices', namespace)
    .filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
  for (const slice of slices) {
    const listening = objectsAt(asJson(slice), 'ports').find(one => textAt(one, 'name') === textAt(servicePort, 'name'))
    const address = objectsAt(asJson(slice), 'endpoints')
      .filter(isReal)
      .flatMap(one => textsAt(one, 'addresses'))[0]
    if (listening !== undefined && address !== undefined) return { host: address, port: numberAt(listening, 'port') }
  }
  return `dial tcp ${textAt(service, 'spec', 'clusterIP')}:${port}: connect: connection refused`
}

function isReal(endpoint: JsonObject): boolean {
  return textAt(endpoint, 'targetRef', 'kind') !== 'Pod'
}
