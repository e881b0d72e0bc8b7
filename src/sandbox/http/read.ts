import { storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { resourceOf } from '../registry/registry.ts'
import { notFound, StatusError } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import { includeObject, objectReply, type ResourceServer } from './common.ts'
import { listReply, parseRevision, readPage } from './list.ts'
import { negotiate } from './media-type.ts'
import { listOptions } from './options.ts'
import type { Reply } from './reply.ts'
import { selection } from './select.ts'
import { type OpenWatch, serveWatch } from './watch.ts'

/** Serves one object. */
export function read({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Reply {
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

/** Serves a list. */
export function list({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Reply {
  const { info, message } = request
  const options = listOptions(info.query, false)
  const wanted = negotiate(message.headers.accept, true)
  const selected = selection(resource.kind, options.labelSelector, options.fieldSelector)
  const page = readPage(registry, resource, info.namespace, options, selected)
  return listReply(registry, resource, page, wanted, includeObject(info.query))
}

/** Opens a watch, which streams by itself. */
export function watch({ registry, watches }: ResourceServer, resource: Resource, request: ApiRequest): undefined {
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
