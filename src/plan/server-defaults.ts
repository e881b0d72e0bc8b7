import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { sameValue } from '../manifest/same-value.ts'

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

/**
 * Defaults that the API server puts into values that are owned as a whole, by the name of the field and the names beside it
 * that tell which kind of value it is.
 */
const DEFAULTS: readonly { readonly field: string; readonly beside: readonly string[]; readonly value: JsonValue }[] = [
  { field: 'protocol', beside: ['port'], value: 'TCP' },
  { field: 'protocol', beside: [], value: 'TCP' },
  { field: 'apiVersion', beside: ['fieldPath'], value: 'v1' },
  { field: 'divisor', beside: ['resource'], value: '0' },
  { field: 'expirationSeconds', beside: ['path'], value: 3600 },
  { field: 'apiGroup', beside: ['kind', 'name'], value: 'rbac.authorization.k8s.io' },
  { field: 'scope', beside: ['apiGroups', 'resources'], value: '*' },
  { field: 'volumeMode', beside: ['accessModes', 'resources'], value: 'Filesystem' },
  { field: 'apiVersion', beside: ['metadata', 'spec'], value: 'v1' },
  { field: 'kind', beside: ['metadata', 'spec'], value: 'PersistentVolumeClaim' },
  { field: 'phase', beside: [], value: 'Pending' },
  { field: 'status', beside: ['metadata', 'spec'], value: { phase: 'Pending' } },
]

/** Whether a field that only the live value has is a default that the server adds beside the fields of `owner`. */
export function isDefaulted(field: string, value: JsonValue, owner: JsonObject): boolean {
  return DEFAULTS.some(
    entry =>
      entry.field === field && entry.beside.every(name => owner[name] !== undefined) && sameValue(entry.value, value),
  )
}
