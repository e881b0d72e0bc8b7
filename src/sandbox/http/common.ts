import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Kind } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { storedAs } from '../registry/convert.ts'
import type { Registry } from '../registry/registry.ts'
import type { Scope } from '../registry/scope.ts'
import type { Target, Written } from '../registry/write.ts'
import { badRequest, StatusError } from '../status.ts'
import type { Stored } from '../store.ts'
import type { ApiRequest } from './api-request.ts'
import type { BodyFormat } from './body.ts'
import { contentType, unsupportedMediaType, type Wanted } from './media-type.ts'
import { json, type Reply } from './reply.ts'
import { type IncludeObject, partialMetadata, table } from './table.ts'
import type { OpenWatch } from './watch.ts'

/** Open watches, with what they watch, so that faults can end them. */
export type Watches = Map<OpenWatch, ApiRequest>

export interface ResourceServer {
  readonly registry: Registry
  readonly watches: Watches
}
/** Who writes, as what. The manager is the one named, or the first word of the user agent. */
export function scopeOf(
  request: ApiRequest,
  resource: Resource,
  options: {
    readonly dryRun: boolean
    readonly fieldManager: string
    readonly fieldValidation: Scope['fieldValidation']
    readonly shown?: JsonObject
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
    options: options.shown ?? {},
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

/** How much of each object comes with its row. Throws 400. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject') ?? ''
  if (asked === '' || asked === 'Metadata') return 'Metadata'
  if (asked === 'None' || asked === 'Object') return asked
  throw badRequest(`unrecognized includeObject value: "${asked}"`)
}

/** Whoever creates by an update or an apply must be allowed to create. Throws 403. */
export function requireCreate(request: ApiRequest, kind: Kind): void {
  if (request.authorized('create', { name: '' })) return
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${kind.plural}${kind.group === '' ? '' : `.${kind.group}`} "${request.info.name}" is forbidden: User "${request.user.username}" cannot create resource "${kind.plural}" in API group "${kind.group}"${request.info.namespace === '' ? ' at the cluster scope' : ` in the namespace "${request.info.namespace}"`}`,
    details: { name: request.info.name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
  })
}

/** The answer to a write. */
export function writtenReply(
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
