import { goPlain } from '../../manifest/go-text.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { verbsOf } from '../discovery/groups.ts'
import { invalid, invalidObject } from '../field-error.ts'
import { type Kind, storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { fromStorage, storedAs, toStorage } from '../registry/convert.ts'
import { decode, jsonType } from '../registry/decode.ts'
import { deletedStatus, remove } from '../registry/delete.ts'
import { type PatchType, patched } from '../registry/patches.ts'
import { type Registry, resourceOf } from '../registry/registry.ts'
import type { Scope } from '../registry/scope.ts'
import { create, fieldUpdate, type Target, update, type Written } from '../registry/write.ts'
import { badRequest, methodNotAllowed, methodNotSupported, modified, notFound, StatusError } from '../status.ts'
import type { Stored } from '../store.ts'
import type { ApiRequest } from './api-request.ts'
import { type BodyFormat, parseApplied, parseBody, parsePatch, readBody } from './body.ts'
import { listReply, parseRevision, readPage } from './list.ts'
import { contentType, negotiate, unsupportedMediaType, unsupportedPatch, type Wanted } from './media-type.ts'
import { deleteOptions, listOptions, writeOptions } from './options.ts'
import { json, type Reply } from './reply.ts'
import { selection } from './select.ts'
import { type IncludeObject, partialMetadata, table } from './table.ts'
import { type OpenWatch, serveWatch } from './watch.ts'

/** Open watches, with what they watch, so that faults can end them. */
export type Watches = Map<OpenWatch, ApiRequest>

export interface ResourceServer {
  readonly registry: Registry
  readonly watches: Watches
}

/** Serves a request for objects of one resource, subresource `status` included; undefined when it streams by itself. */
export async function serveResource(
  server: ResourceServer,
  resource: Resource,
  request: ApiRequest,
): Promise<Reply | undefined> {
  const { verb, namespace } = request.info
  const { kind } = resource
  if (!verbsOf(kind).includes(verb)) throw methodNotAllowed()
  if (verb === 'deletecollection' && kind.namespaced && namespace === '') throw methodNotAllowed()
  switch (verb) {
    case 'get':
      return read(server, resource, request)
    case 'list':
      return list(server, resource, request)
    case 'watch':
      return watch(server, resource, request)
    case 'create':
      return createOne(server, resource, request)
    case 'update':
      return replace(server, resource, request)
    case 'patch':
      return patch(server, resource, request)
    case 'delete':
      return deleteOne(server, resource, request)
    case 'deletecollection':
      return deleteMany(server, resource, request)
    default:
      throw methodNotSupported(resourceOf(resource.kind), verb)
  }
}

function read({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Reply {
  const { info, message } = request
  const wanted = negotiate(message.headers.accept)
  const stored = registry.store.get(storageKey(resource.kind), info.namespace, info.name)
  const asked = parseRevision(info.query.get('resourceVersion') ?? '')
  if (asked > registry.store.revision)
    throw new StatusError({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: Too large resource version: ${asked}, current: ${registry.store.revision}`,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    })
  if (stored === undefined) throw notFound(resourceOf(resource.kind), info.name)
  return objectReply(registry, resource, request, 200, stored, wanted)
}

function list({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Reply {
  const { info, message } = request
  const options = listOptions(info.query, false)
  const wanted = negotiate(message.headers.accept, true)
  const selected = selection(resource.kind, options.labelSelector, options.fieldSelector)
  const page = readPage(registry, resource, info.namespace, options, selected)
  return listReply(registry, resource, page, wanted, includeObject(info.query))
}

function watch({ registry, watches }: ResourceServer, resource: Resource, request: ApiRequest): undefined {
  const { info, message, response } = request
  const options = listOptions(info.query, true)
  const wanted = negotiate(message.headers.accept, true)
  const selected = selection(resource.kind, options.labelSelector, options.fieldSelector, info.name)
  try {
    parseRevision(options.resourceVersion)
  } catch (error) {
    throw error instanceof StatusError ? new StatusError({ ...error.status, code: 500, reason: '' }) : error
  }
  const include = includeObject(info.query)
  let open: OpenWatch | undefined
  open = serveWatch(
    registry,
    response,
    { resource, namespace: info.namespace, options, selected, wanted, include },
    () => {
      if (open !== undefined) watches.delete(open)
    },
  )
  if (!response.writableEnded) watches.set(open, request)
  return undefined
}

async function createOne({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const wanted = negotiate(message.headers.accept)
  if (info.name !== '' || (resource.kind.namespaced && info.namespace === '')) throw methodNotAllowed()
  const format = bodyFormat(message.headers['content-type'], resource.kind)
  const body = await readBody(message)
  const options = writeOptions(info.query, 'CreateOptions')
  const scope = scopeOf(request, resource, options)
  const object = decode(resource, parseBody(body, format, resource.kind.kind), body, scope)
  const name = object.metadata.name ?? ''
  const target = targetOf(resource.kind, info.namespace, name, '')
  const { stored } = create(registry, scope, target, toStorage(resource.kind, resource.version, object))
  return objectReply(registry, resource, request, 201, stored, wanted)
}

async function replace({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const wanted = negotiate(message.headers.accept)
  if (info.name === '') throw methodNotAllowed()
  const body = await readBody(message)
  const options = writeOptions(info.query, 'UpdateOptions')
  const format = bodyFormat(message.headers['content-type'], resource.kind)
  const scope = scopeOf(request, resource, options)
  const object = decode(resource, parseBody(body, format, resource.kind.kind), body, scope)
  if (object.metadata.name !== info.name)
    throw badRequest(
      object.metadata.name === undefined
        ? `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`
        : `the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`,
    )
  const target = targetOf(resource.kind, info.namespace, info.name, info.subresource)
  const stored = toStorage(resource.kind, resource.version, object)
  const written = update(registry, scope, target, live => {
    if (live === undefined) requireCreate(request, resource.kind)
    return registry.fields.update(live, stored, fieldUpdate(registry, scope, target))
  })
  return writtenReply(registry, resource, request, written, wanted)
}

const PATCH_TYPES: Readonly<Record<string, PatchType | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

async function patch({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const { kind, version } = resource
  const media = (message.headers['content-type'] ?? '').split(';')[0]!.trim()
  const type = PATCH_TYPES[media]
  const served = Object.keys(PATCH_TYPES).filter(one => kind.custom !== true || PATCH_TYPES[one] !== 'strategic')
  if (type === undefined) throw unsupportedPatch()
  if (!served.includes(media)) throw unsupportedMediaType(served)
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
    const written = update(
      registry,
      scope,
      target,
      live => {
        if (live === undefined) requireCreate(request, kind)
        return registry.fields.apply(live, applied, { ...fields, force: options.force === true })
      },
      { mayCreate: true },
    )
    return writtenReply(registry, resource, request, written, wanted)
  }
  const value = parsePatch(body)
  const written = update(registry, scope, target, live => {
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
  })
  return writtenReply(registry, resource, request, written, wanted)
}

const METADATA_ORDER = [
  ...['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations', 'ownerReferences', 'finalizers'],
  'managedFields',
]

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
    if (!(error instanceof StatusError) || resource.kind.custom === true) throw error
    const problem = /cannot be handled as a [^:]+: (.*)$/s.exec(error.message)?.[1]
    if (problem === undefined) throw error
    const wrongType = / into Go struct field \S+ of type (.+)$/.exec(problem)?.[1]
    const strategic = type === 'strategic'
    const shown = strategic ? goPlain(patch) : JSON.stringify(inServerOrder(changed))
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

async function deleteOne({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const wanted = negotiate(message.headers.accept)
  if (info.subresource !== '') throw methodNotSupported(resourceOf(resource.kind), 'delete')
  const options = deleteOptions(info.query, await optionalBody(request))
  const scope = scopeOf(request, resource, { dryRun: options.dryRun, fieldManager: '', fieldValidation: 'Ignore' })
  const target = targetOf(resource.kind, info.namespace, info.name, '')
  forbidSystemNamespaces(target)
  const { stored, gone } = remove(registry, scope, target, options)
  const { kind } = resource
  // Kinds that end gracefully answer with the object as it was last; all others, when it is gone, with a Status.
  if (gone && kind.strategy.gracePeriod === undefined && !RETURNED.has(storageKey(kind)))
    return json(200, deletedStatus(kind, stored.object))
  const code = !gone && options.orphanDependents === false ? 202 : 200
  return objectReply(registry, resource, request, code, stored, wanted)
}

/** Kinds whose deletion is answered with the object all the same. */
const RETURNED: ReadonlySet<string> = new Set([
  ...['/namespaces', '/persistentvolumeclaims', '/persistentvolumes', '/pods', '/podtemplates', '/resourcequotas'],
  ...['/serviceaccounts', '/services'],
  ...['csidrivers', 'csinodes', 'storageclasses', 'volumeattachments', 'volumeattributesclasses'].map(
    plural => `storage.k8s.io/${plural}`,
  ),
  ...['deviceclasses', 'resourceclaims', 'resourceclaimtemplates', 'resourceslices'].map(
    plural => `resource.k8s.io/${plural}`,
  ),
])

function forbidSystemNamespaces({ kind, name }: Target): void {
  if (kind.group !== '' || kind.kind !== 'Namespace' || !['default', 'kube-system', 'kube-public'].includes(name))
    return
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    details: { name, kind: 'namespaces' },
  })
}

async function deleteMany({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const { kind } = resource
  const wanted = negotiate(message.headers.accept)
  const body = await optionalBody(request)
  const options = deleteOptions(info.query, body)
  const selectors = listOptions(info.query, false)
  const selected = selection(kind, selectors.labelSelector, selectors.fieldSelector)
  const scope = scopeOf(request, resource, { dryRun: options.dryRun, fieldManager: '', fieldValidation: 'Ignore' })
  const page = readPage(registry, resource, info.namespace, selectors, selected)
  const deleted: Stored[] = []
  for (const { namespace, name } of page.items)
    try {
      deleted.push(remove(registry, scope, targetOf(kind, namespace, name, ''), options).stored)
    } catch (error) {
      if (!(error instanceof StatusError && error.status.code === 404)) throw error
    }
  return listReply(registry, resource, { items: deleted, metadata: page.metadata }, wanted, 'Metadata')
}

async function optionalBody(request: ApiRequest): Promise<JsonValue | undefined> {
  const body = await readBody(request.message)
  if (body.length === 0) return undefined
  return parseBody(body, bodyFormat(request.message.headers['content-type'], undefined), 'DeleteOptions').value
}

/** Who writes, as what. The manager is the one named, or the first word of the user agent. */
export function scopeOf(
  request: ApiRequest,
  resource: Resource,
  options: {
    readonly dryRun: boolean
    readonly fieldManager: string
    readonly fieldValidation: Scope['fieldValidation']
  },
): Scope {
  const agent = (request.message.headers['user-agent'] ?? '')
    .split('/')[0]!
    .replace(/\P{ASCII}|[\p{Cc}]/gu, '')
    .slice(0, 128)
  return {
    user: request.user,
    manager: options.fieldManager || agent || 'unknown',
    version: resource.version,
    dryRun: options.dryRun,
    fieldValidation: options.fieldValidation,
    warn: request.warn,
  }
}

export function targetOf(kind: Kind, namespace: string, name: string, subresource: string): Target {
  return { kind, namespace: kind.namespaced ? namespace : '', name, subresource }
}

/** Reads what kind of text a body is. Throws 415. */
export function bodyFormat(header: string | undefined, kind: Kind | undefined): BodyFormat {
  const type = contentType(header)
  if (type === 'application/json') return 'json'
  if (type === 'application/yaml') return 'yaml'
  const builtin = kind?.custom !== true
  if (builtin && type === 'application/vnd.kubernetes.protobuf') return 'protobuf'
  throw unsupportedMediaType([
    'application/json',
    'application/yaml',
    ...(builtin ? ['application/vnd.kubernetes.protobuf'] : []),
  ])
}

function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject') ?? ''
  if (asked === '' || asked === 'Metadata') return 'Metadata'
  if (asked === 'None' || asked === 'Object') return asked
  throw badRequest(`unrecognized includeObject value: "${asked}"`)
}

function requireCreate(request: ApiRequest, kind: Kind): void {
  if (request.authorized('create', { name: '' })) return
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${kind.plural}${kind.group === '' ? '' : `.${kind.group}`} "${request.info.name}" is forbidden: User "${request.user.username}" cannot create resource "${kind.plural}" in API group "${kind.group}"${request.info.namespace === '' ? ' at the cluster scope' : ` in the namespace "${request.info.namespace}"`}`,
    details: { name: request.info.name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
  })
}

function writtenReply(
  registry: Registry,
  resource: Resource,
  request: ApiRequest,
  written: Written,
  wanted: Wanted,
): Reply {
  return objectReply(registry, resource, request, written.created ? 201 : 200, written.stored, wanted)
}

/** One object in the form that the client wants. */
export function objectReply(
  registry: Registry,
  resource: Resource,
  request: ApiRequest,
  code: number,
  stored: Stored,
  wanted: Wanted,
): Reply {
  const { kind, version } = resource
  const shown = storedAs(kind, version, stored)
  if (wanted.as === undefined) return { code, body: shown.json() }
  if (wanted.as !== 'Table') return json(code, partialMetadata(shown.object, wanted.asVersion))
  const object: KubeObject = shown.object
  const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' }
  const include = includeObject(request.info.query)
  const now = registry.clock.now()
  return json(
    code,
    table(kind, [object], { metadata, served: version.version, version: wanted.asVersion ?? 'v1', include, now }),
  )
}
