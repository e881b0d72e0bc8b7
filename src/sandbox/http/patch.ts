import { goPlain } from '../../manifest/go-text.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { invalid, invalidObject } from '../field-error.ts'
import type { Resource } from '../registry/catalog.ts'
import { fromStorage, toStorage } from '../registry/convert.ts'
import { decode, jsonType } from '../registry/decode.ts'
import { type PatchType, patched } from '../registry/patches.ts'
import { resourceOf } from '../registry/registry.ts'
import type { Scope } from '../registry/scope.ts'
import { finish } from '../registry/steps.ts'
import { fieldUpdate, update } from '../registry/write.ts'
import { badRequest, methodNotAllowed, modified, notFound, StatusError } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import { parseApplied, parsePatch, readBody } from './body.ts'
import { type ResourceServer, requireCreate, scopeOf, targetOf, writtenReply } from './common.ts'
import { negotiate, unsupportedMediaType, unsupportedPatch } from './media-type.ts'
import { writeOptions } from './options.ts'
import type { Reply } from './reply.ts'

const PATCH_TYPES: Readonly<Record<string, PatchType | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** Serves the four kinds of patch. */
export async function patch({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const { kind, version } = resource
  const media = (message.headers['content-type'] ?? '').split(';')[0]!.trim()
  const type = PATCH_TYPES[media]
  const served = Object.keys(PATCH_TYPES).filter(one => kind.custom !== true || PATCH_TYPES[one] !== 'strategic')
  if (type === undefined && kind.custom !== true) throw unsupportedPatch()
  if (type === undefined || !served.includes(media)) throw unsupportedMediaType(served)
  const wanted = negotiate(message.headers.accept)
  const body = await readBody(message)
  const options = writeOptions(info.query, 'PatchOptions', media)
  const scope = scopeOf(request, resource, options)
  if (info.name === '') throw methodNotAllowed()
  const target = targetOf(kind, info.namespace, info.name, info.subresource)
  const fields = fieldUpdate(registry, scope, target)
  if (type === 'apply') {
    const applied = parseApplied(body)
    if (!isObject(applied))
      throw badRequest(
        `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(applied)} into Go value of type map[string]interface {}`,
      )
    checkApplied(resource, info.name, applied)
    const written = await finish(
      update(
        registry,
        scope,
        target,
        live => {
          if (live === undefined) requireCreate(request, kind)
          return registry.fields.apply(live, applied, { ...fields, force: options.force === true })
        },
        { mayCreate: true, isPatch: true },
      ),
    )
    return writtenReply(registry, resource, request, written, wanted)
  }
  const value = parsePatch(body)
  const change = (live: KubeObject | undefined) => {
    if (live === undefined) throw notFound(resourceOf(kind), info.name)
    const shown = fromStorage(kind, version, live) as unknown as JsonObject
    const changed = patched(type, shown, value, kind, version)
    const object = toStorage(kind, version, decodePatched(resource, scope, type, value, changed))
    if (object.metadata.name !== live.metadata.name)
      throw badRequest(
        `the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`,
      )
    const sent = object.metadata.resourceVersion
    if (sent !== undefined && sent !== live.metadata.resourceVersion) throw modified(resourceOf(kind), info.name)
    return registry.fields.update(live, object, fields)
  }
  const written = await finish(update(registry, scope, target, change, { isPatch: true }))
  return writtenReply(registry, resource, request, written, wanted)
}

const METADATA_ORDER = [
  ...['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations', 'ownerReferences', 'finalizers'],
  'managedFields',
]

/** Custom resources have no struct that orders them: all fields by name. */
function sortedDeep(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(item => sortedDeep(item as JsonValue))
  if (!isObject(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map(key => [key, sortedDeep(value[key] ?? null)]))
}

/** Top-level fields by name, metadata in the order of Go's struct: how the server shows what a patch made. */
function inServerOrder(object: JsonObject): JsonObject {
  const sorted = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    sorted.map(([key, value]) => {
      if (key !== 'metadata' || !isObject(value)) return [key, value]
      const known = METADATA_ORDER.filter(field => value[field] !== undefined)
      const others = Object.keys(value).filter(field => !METADATA_ORDER.includes(field))
      return [key, Object.fromEntries([...known, ...others].map(field => [field, value[field]]))]
    }),
  )
}

/** The object that a patch made; what does not fit its type is told as a fault of the patch. */
function decodePatched(
  resource: Resource,
  scope: Scope,
  type: PatchType,
  patch: JsonValue,
  changed: JsonObject,
): KubeObject {
  try {
    return decode(resource, { value: changed, duplicates: [] }, Buffer.alloc(0), scope)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const problem = /cannot be handled as a [^:]+: (.*)$/s.exec(error.message)?.[1]
    if (problem === undefined) throw error
    const wrongType = / into Go struct field \S+ of type (.+)$/.exec(problem)?.[1]
    const strategic = type === 'strategic'
    const shown = strategic
      ? goPlain(patch)
      : JSON.stringify(resource.kind.custom === true ? sortedDeep(changed) : inServerOrder(changed))
    const detail = strategic && wrongType !== undefined ? `unrecognized type: ${wrongType}` : problem
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, detail)])
  }
}

function checkApplied({ kind, version }: Resource, name: string, applied: JsonObject): void {
  const metadata = applied['metadata']
  if (isObject(metadata) && metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil')
  const given = isObject(metadata) ? metadata['name'] : undefined
  if (given !== undefined && given !== name)
    throw badRequest(`the name of the object (${String(given)}) does not match the name on the URL (${name})`)
  const expected = apiVersionOf({ group: kind.group, version: version.version })
  const { apiVersion, kind: named } = applied
  if (named !== kind.kind || apiVersion !== expected) {
    const gvk = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : '')
    throw badRequest(`invalid object type: ${gvk.group}/${gvk.version}, Kind=${typeof named === 'string' ? named : ''}`)
  }
}
