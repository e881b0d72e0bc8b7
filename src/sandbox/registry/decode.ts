import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import { invalid, invalidObject } from '../field-error.ts'
import type { Kind } from '../kind.ts'
import { structOfKind } from '../kinds/schema/go-types.ts'
import { badRequest, quote, type StatusError } from '../status.ts'
import type { Resource } from './catalog.ts'
import type { Scope } from './scope.ts'
import { decodeTyped } from './typed-decode.ts'

/**
 * Makes an object of the served version out of what a client sent: apiVersion and kind are filled in or checked, metadata
 * is of the right types, unknown fields are dropped and told by the rules of field validation. Throws `StatusError` 400.
 */
export function decode(
  { kind, version }: Resource,
  { value, duplicates }: { readonly value: JsonValue; readonly duplicates: readonly string[] },
  body: Uint8Array,
  scope: Pick<Scope, 'fieldValidation' | 'warn'>,
): KubeObject {
  const expected = apiVersionOf({ group: kind.group, version: version.version })
  if (!isObject(value) && value !== null)
    throw unrecognized(
      kind.kind,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
      body,
    )
  const given: JsonObject = value ?? {}
  const apiVersion = text(given['apiVersion']) || expected
  const named = text(given['kind']) || kind.kind
  if (kind.custom === true) checkCustomType(kind, expected, given, body)
  else if (named !== kind.kind || apiVersion !== expected) throw otherKind(kind, expected, apiVersion, named)
  const { apiVersion: _a, kind: _k, metadata, ...rest } = given
  const unknown: string[] = []
  const struct = structOfKind(expected, kind.kind)
  let normal: KubeObject
  if (struct !== undefined && kind.custom !== true) {
    const typed = decodeTyped(struct, withoutType(given))
    if (typed.error !== undefined)
      throw badRequest(
        `${kind.kind} in version ${quote(version.version)} cannot be handled as a ${kind.kind}: ${typed.error}`,
      )
    unknown.push(...typed.unknown)
    const { metadata: decoded, ...fields } = typed.value
    normal = {
      apiVersion: expected,
      kind: kind.kind,
      metadata: withoutEmpty((decoded ?? {}) as JsonObject) as unknown as KubeObject['metadata'],
      ...fields,
    }
  } else {
    const object: KubeObject = {
      apiVersion: expected,
      kind: kind.kind,
      metadata: decodeMetadata(kind.kind, version.version, metadata, unknown) as unknown as KubeObject['metadata'],
      ...rest,
    }
    normal = version.shape?.normalize(object, path => unknown.push(path)) ?? object
    unknown.sort()
  }
  if (unknown.length + duplicates.length === 0 || scope.fieldValidation === 'Ignore') return normal
  const problems = [
    ...duplicates.map(path => `duplicate field ${quote(path)}`),
    ...unknown.map(path => `unknown field ${quote(path)}`),
  ]
  if (scope.fieldValidation === 'Strict')
    throw badRequest(
      `${kind.kind} in version ${quote(version.version)} cannot be handled as a ${kind.kind}: strict decoding error: ${problems.join(', ')}`,
    )
  for (const problem of problems) scope.warn(problem)
  return normal
}

/** Custom resources must say what they are; without a body (for what a patch made) another version is invalid, not bad. */
function checkCustomType(kind: Kind, expected: string, given: JsonObject, body: Uint8Array): void {
  const named = text(given['kind'])
  const apiVersion = text(given['apiVersion'])
  const shown = Buffer.from(body).toString()
  if (named === '') throw unrecognized(kind.kind, `Object 'Kind' is missing in '${shown}'`, body)
  const metadata = isObject(given['metadata']) ? given['metadata'] : {}
  const invalidType = (field: string, value: string, wanted: string) =>
    invalidObject({ group: kind.group, kind: named }, text(metadata['name']), [
      invalid(field, value, `must be ${wanted}`),
    ])
  if (apiVersion !== expected && body.length > 0)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  if (apiVersion !== expected) throw invalidType('apiVersion', apiVersion, expected)
  if (named !== kind.kind) throw invalidType('kind', named, kind.kind)
}

/** What once was served, and what the server's code still knows: `apiVersion kind`. */
const FORMER: ReadonlySet<string> = new Set([
  ...['Deployment', 'DaemonSet', 'ReplicaSet', 'Ingress', 'NetworkPolicy'].map(kind => `extensions/v1beta1 ${kind}`),
  ...['Deployment', 'StatefulSet', 'ControllerRevision'].map(kind => `apps/v1beta1 ${kind}`),
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'].map(kind => `apps/v1beta2 ${kind}`),
  'batch/v1beta1 CronJob',
  'policy/v1beta1 PodDisruptionBudget',
  'autoscaling/v2beta1 HorizontalPodAutoscaler',
  'autoscaling/v2beta2 HorizontalPodAutoscaler',
  'networking.k8s.io/v1beta1 Ingress',
  ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map(
    kind => `rbac.authorization.k8s.io/v1beta1 ${kind}`,
  ),
])

/** The answer to an object of another kind or version than the path names. */
function otherKind(kind: Kind, expected: string, apiVersion: string, named: string): StatusError {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
  const handled = `${named} in version ${quote(version)} cannot be handled as a ${kind.kind}`
  const mismatch = `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`
  if (schemaFor({ ...parseApiVersion(apiVersion), kind: named }) === undefined && !FORMER.has(`${apiVersion} ${named}`))
    return badRequest(
      `${handled}: no kind ${quote(named)} is registered for version ${quote(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    )
  if (named === kind.kind) return badRequest(mismatch)
  const internal = kind.group === '' ? 'core' : kind.group.split('.')[0]
  return badRequest(`${handled}: converting (${version}.${named}) to (${internal}.${kind.kind}): unknown conversion`)
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The answer to a body that is no object of the kind. */
export function unrecognized(kind: string, problem: string, body: Uint8Array): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${summary(body)})`)
}

function summary(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const shown = (part: Uint8Array) => Buffer.from(part).toString(body[0] === 0x7b ? 'utf8' : 'hex')
  return body.length > 30 ? `${shown(body.subarray(0, 30))} ...` : shown(body)
}

function withoutType(object: JsonObject): JsonObject {
  const { apiVersion: _a, kind: _k, ...rest } = object
  return rest
}

/** Metadata as Go leaves it: nothing that is null or empty. */
export function withoutEmpty(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).filter(
    ([, value]) => value !== null && value !== undefined && value !== '' && !isEmpty(value),
  )
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'labels' || key === 'annotations' ? withoutNulls(value) : value]),
  )
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function withoutNulls(value: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(value)) return value
  return Object.values(value).includes(null)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item ?? '']))
    : value
}

const STRINGS = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'selfLink',
  'creationTimestamp',
  'deletionTimestamp',
]
const INTEGERS = ['generation', 'deletionGracePeriodSeconds']
const MAPS = ['labels', 'annotations']

/** `ObjectMeta` is the same for all kinds; typed here, so that the rest of the code can rely on it. */
function decodeMetadata(kind: string, version: string, metadata: JsonValue | undefined, unknown: string[]): JsonObject {
  if (metadata === undefined || metadata === null) return {}
  const wrong = (value: JsonValue, field: string, type: string) =>
    badRequest(
      `${kind} in version ${quote(version)} cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(value)} into Go struct field ObjectMeta.${field} of type ${type}`,
    )
  if (!isObject(metadata))
    throw badRequest(
      `${kind} in version ${quote(version)} cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(metadata)} into Go value of type v1.ObjectMeta`,
    )
  const result: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(metadata)) {
    if (value === undefined || value === null) continue
    const field = key
    if (STRINGS.includes(key)) {
      if (typeof value !== 'string') throw wrong(value, field, 'string')
      if (value !== '') result[key] = value
    } else if (INTEGERS.includes(key)) {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(value, field, 'int64')
      result[key] = value
    } else if (MAPS.includes(key)) {
      if (!isObject(value)) throw wrong(value, field, 'map[string]string')
      const map: Record<string, string> = {}
      for (const [name, item] of Object.entries(value)) {
        if (item === null) map[name] = ''
        else if (typeof item !== 'string') throw wrong(item ?? null, field, 'string')
        else map[name] = item
      }
      if (Object.keys(map).length > 0) result[key] = map
    } else if (key === 'finalizers') {
      if (!Array.isArray(value)) throw wrong(value, field, '[]string')
      for (const item of value) if (typeof item !== 'string') throw wrong(item, field, 'string')
      if (value.length > 0) result[key] = value
    } else if (key === 'ownerReferences' || key === 'managedFields') {
      const type = key === 'ownerReferences' ? 'OwnerReference' : 'ManagedFieldsEntry'
      if (!Array.isArray(value)) throw wrong(value, field, `[]v1.${type}`)
      for (const item of value) if (!isObject(item)) throw wrong(item, field, `v1.${type}`)
      result[key] = value
    } else unknown.push(`metadata.${key}`)
  }
  return result
}

/** How Go's decoder calls a JSON value. */
export function jsonType(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
