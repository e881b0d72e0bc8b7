import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { roundTrip, TypeMismatch } from './round-trip.ts'
import { kindFields } from './types.ts'

/**
 * The object as Flux applies it: what Kubernetes' Go types make of a built-in kind, the default protocol of ports,
 * `stringData` folded into `data`, no status (CRDs keep theirs), an empty creation time. Which fields the field manager
 * owns afterwards follows from this, so taking over from Flux without a write needs it to the letter. An object that does
 * not fit its type only loses its status.
 */
export function normalize(object: KubeObject): KubeObject {
  const typed = throughTypes(object as unknown as JsonObject)
  const { status, ...rest } = typed
  const metadata = isObject(typed['metadata']) || typed['metadata'] === undefined ? typed['metadata'] : undefined
  const result: Record<string, JsonValue | undefined> =
    isDefinition(object) && status !== undefined ? { ...rest, status } : rest
  result['metadata'] = { ...metadata, creationTimestamp: null }
  return result as unknown as KubeObject
}

/**
 * `normalize` for what is about to be applied. Role and ClusterRole stay as they are: their rules do not survive the round
 * trip unchanged.
 */
export function normalizeDesired(object: KubeObject): KubeObject {
  const isRole = object.kind === 'Role' || object.kind === 'ClusterRole'
  return isRole && object.apiVersion === 'rbac.authorization.k8s.io/v1' ? object : normalize(object)
}

/**
 * A dry-run's answer with a known fault of old API servers repaired: up to 1.26 a HorizontalPodAutoscaler came back with its
 * first metric doubled and an empty one at the end.
 */
export function normalizeDryRun(object: KubeObject): KubeObject {
  if (object.kind !== 'HorizontalPodAutoscaler') return object
  const fields = kindFields(object.apiVersion, object.kind)
  if (fields === undefined) return object
  const typed = roundTrip(object as unknown as JsonObject, { ...fields, status: '?any' })
  const spec = typed['spec']
  if (!isObject(spec) || !isArray(spec['metrics'])) return typed as unknown as KubeObject
  const seen = new Set<string>()
  const metrics = spec['metrics'].filter(metric => {
    const text = JSON.stringify(metric)
    if (seen.has(text) || !isObject(metric) || metric['type'] === '') return false
    seen.add(text)
    return true
  })
  const { metrics: _, ...others } = spec
  return { ...typed, spec: metrics.length === 0 ? others : { ...others, metrics } } as unknown as KubeObject
}

function isDefinition(object: KubeObject): boolean {
  return (
    object.kind.toLowerCase() === 'customresourcedefinition' && object.apiVersion.startsWith('apiextensions.k8s.io/')
  )
}

function throughTypes(object: JsonObject): JsonObject {
  const fields = kindFields(String(object['apiVersion']), String(object['kind']))
  if (fields === undefined) return object
  try {
    return withDefaults(roundTrip(object, fields))
  } catch (error) {
    if (error instanceof TypeMismatch) return object
    throw error
  }
}

const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  'v1/Pod': ['spec'],
  'apps/v1/Deployment': ['spec', 'template', 'spec'],
  'apps/v1/StatefulSet': ['spec', 'template', 'spec'],
  'apps/v1/DaemonSet': ['spec', 'template', 'spec'],
  'apps/v1/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/v1/Job': ['spec', 'template', 'spec'],
  'batch/v1/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

function withDefaults(object: JsonObject): JsonObject {
  const kind = `${object['apiVersion']}/${object['kind']}`
  if (kind === 'v1/Service') return update(object, ['spec'], withProtocols)
  if (kind === 'v1/Secret') return foldStringData(object)
  const path = Object.hasOwn(POD_SPECS, kind) ? POD_SPECS[kind] : undefined
  if (path === undefined) return object
  return update(object, [...path, 'containers'], containers =>
    isArray(containers) ? containers.map(withProtocols) : containers,
  )
}

function update(
  value: JsonValue | undefined,
  path: readonly string[],
  change: (value: JsonValue) => JsonValue,
): JsonObject {
  const [name, ...rest] = path
  const object = value as JsonObject
  const inner = name === undefined ? undefined : object[name]
  if (name === undefined || inner === undefined || inner === null) return object
  return { ...object, [name]: rest.length === 0 ? change(inner) : update(inner, rest, change) }
}

function withProtocols(owner: JsonValue): JsonValue {
  if (!isObject(owner) || !isArray(owner['ports'])) return owner
  const ports = owner['ports'].map(port => (isObject(port) && !port['protocol'] ? { ...port, protocol: 'TCP' } : port))
  return { ...owner, ports }
}

function foldStringData(secret: JsonObject): JsonObject {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return rest
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')])
  return { ...rest, data: { ...(rest['data'] as JsonObject | undefined), ...Object.fromEntries(encoded) } }
}
