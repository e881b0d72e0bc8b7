import type { Resource } from '../registry/catalog.ts'
import { toStorage } from '../registry/convert.ts'
import { decode } from '../registry/decode.ts'
import { finish } from '../registry/steps.ts'
import { create, fieldUpdate, update } from '../registry/write.ts'
import { badRequest, methodNotAllowed } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import { parseBody, readBody } from './body.ts'
import {
  bodyFormat,
  objectReply,
  type ResourceServer,
  requireCreate,
  scopeOf,
  targetOf,
  writtenReply,
} from './common.ts'
import { negotiate } from './media-type.ts'
import { writeOptions } from './options.ts'
import type { Reply } from './reply.ts'

/** Serves a create. */
export async function createOne({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
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
  const { stored } = await finish(create(registry, scope, target, toStorage(resource.kind, resource.version, object)))
  return objectReply(registry, resource, request, 201, stored, wanted)
}

/** Serves an update. */
export async function replace({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
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
  const written = await finish(
    update(registry, scope, target, live => {
      if (live === undefined) requireCreate(request, resource.kind)
      return registry.fields.update(live, stored, fieldUpdate(registry, scope, target))
    }),
  )
  return writtenReply(registry, resource, request, written, wanted)
}
