import { isArray, isObject, type JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'

/**
 * A desired object as the API server stores it, where a value that the normal form puts in is replaced there: the target port 0
 * of a Service is the port itself. For comparing only; what is applied stays as Flux applies it.
 */
export function asStored(object: KubeObject): KubeObject {
  if (object.kind !== 'Service' || object.apiVersion !== 'v1') return object
  const spec = (object as unknown as JsonObject)['spec']
  if (!isObject(spec) || !isArray(spec['ports'])) return object
  const ports = spec['ports'].map(port => {
    if (!isObject(port) || (port['targetPort'] !== 0 && port['targetPort'] !== '')) return port
    return { ...port, targetPort: port['port'] }
  })
  return { ...object, spec: { ...spec, ports } }
}
