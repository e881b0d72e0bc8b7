import { verbsOf } from '../discovery/groups.ts'
import type { Resource } from '../registry/catalog.ts'
import { resourceOf } from '../registry/registry.ts'
import { methodNotAllowed, methodNotSupported } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import type { ResourceServer } from './common.ts'
import { createOne, replace } from './create.ts'
import { deleteMany, deleteOne } from './delete.ts'
import { patch } from './patch.ts'
import { list, read, watch } from './read.ts'
import type { Reply } from './reply.ts'

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
