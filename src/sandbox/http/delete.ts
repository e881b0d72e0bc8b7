import type { JsonValue } from '../../manifest/json.ts'
import { storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { deletedStatus, remove } from '../registry/delete.ts'
import { resourceOf } from '../registry/registry.ts'
import { finish } from '../registry/steps.ts'
import type { Target } from '../registry/write.ts'
import { methodNotSupported, StatusError } from '../status.ts'
import type { Stored } from '../store.ts'
import type { ApiRequest } from './api-request.ts'
import { parseBody, readBody } from './body.ts'
import { bodyFormat, objectReply, type ResourceServer, scopeOf, targetOf } from './common.ts'
import { listReply, readPage } from './list.ts'
import { negotiate } from './media-type.ts'
import { deleteOptions, listOptions } from './options.ts'
import { json, type Reply } from './reply.ts'
import { selection } from './select.ts'

/** Serves the deletion of one object. */
export async function deleteOne({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info, message } = request
  const wanted = negotiate(message.headers.accept)
  if (info.subresource !== '') throw methodNotSupported(resourceOf(resource.kind), 'delete')
  const options = deleteOptions(info.query, await optionalBody(request))
  const scope = scopeOf(request, resource, { ...options, fieldManager: '', fieldValidation: 'Ignore' })
  const target = targetOf(resource.kind, info.namespace, info.name, '')
  forbidSystemNamespaces(target)
  const { stored, gone } = await finish(remove(registry, scope, target, options))
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

/** Serves the deletion of a collection. */
export async function deleteMany(
  { registry }: ResourceServer,
  resource: Resource,
  request: ApiRequest,
): Promise<Reply> {
  const { info, message } = request
  const { kind } = resource
  const wanted = negotiate(message.headers.accept)
  const body = await optionalBody(request)
  const options = deleteOptions(info.query, body)
  const selectors = listOptions(info.query, false)
  const selected = selection(kind, selectors.labelSelector, selectors.fieldSelector)
  const scope = scopeOf(request, resource, { ...options, fieldManager: '', fieldValidation: 'Ignore' })
  const page = readPage(registry, resource, info.namespace, selectors, selected)
  const deleted: Stored[] = []
  for (const { namespace, name } of page.items)
    try {
      deleted.push(
        (await finish(remove(registry, scope, { ...targetOf(kind, namespace, name, ''), inCollection: true }, options)))
          .stored,
      )
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
