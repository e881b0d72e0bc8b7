import { isObject, type JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { GroupVersionKind } from '../admission/attributes.ts'
import type { Access } from '../auth/reviews.ts'
import { answerReview, requestToken } from '../auth/reviews.ts'
import { timestamp } from '../clock.ts'
import { storageKey } from '../kind.ts'
import { admitOnly } from '../registry/admit.ts'
import type { Resource } from '../registry/catalog.ts'
import { remove } from '../registry/delete.ts'
import { withMetadata } from '../registry/metadata.ts'
import { resourceOf } from '../registry/registry.ts'
import { finish } from '../registry/steps.ts'
import { fieldUpdate, update } from '../registry/write.ts'
import { badRequest, conflict, methodNotSupported, notFound, notServed, tooManyRequests } from '../status.ts'
import { podLog } from '../workloads/index.ts'
import type { ApiRequest } from './api-request.ts'
import { parseBody, readBody } from './body.ts'
import { bodyFormat, objectReply, type ResourceServer, scopeOf, targetOf } from './common.ts'
import { negotiate } from './media-type.ts'
import { deleteOptions, writeOptions } from './options.ts'
import { json, type Reply, text } from './reply.ts'
import { serveResource } from './resource.ts'
import { serveScale } from './scale.ts'

/** Serves everything behind an object's name, and the kinds that can only be created. */
export async function serveSubresource(
  server: ResourceServer & { readonly access: Access },
  resource: Resource,
  request: ApiRequest,
): Promise<Reply | undefined> {
  const { info } = request
  const { kind } = resource
  if (info.subresource === '') {
    if (kind.verbs?.includes(info.verb) !== true) throw methodNotSupported(resourceOf(kind), info.verb)
    return review(server, resource, request)
  }
  if (!(kind.subresources as readonly string[]).includes(info.subresource))
    throw kind.custom === true ? notFound(resourceOf(kind), info.name) : notServed()
  switch (info.subresource) {
    case 'status':
    case 'approval':
    case 'ephemeralcontainers':
    case 'resize':
      if (!['get', 'update', 'patch'].includes(info.verb)) throw methodNotSupported(resourceOf(kind), info.verb)
      return serveResource(server, resource, request)
    case 'scale':
      return serveScale(server, resource, request)
    case 'finalize':
      return finalize(server, resource, request)
    case 'token': {
      const body = await object(request, 'TokenRequest')
      const as = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }
      await admit(server, resource, request, as, body)
      return json(201, requestToken(server.registry, server.access, info.namespace, info.name, body))
    }
    case 'eviction':
      return evict(server, resource, request)
    case 'binding':
      return bind(server, resource, request)
    case 'log':
      return log(server, resource, request)
    default:
      throw methodNotSupported(resourceOf(kind), info.verb)
  }
}

async function object(request: ApiRequest, kind: string): Promise<JsonObject> {
  const format = bodyFormat(request.message.headers['content-type'], undefined)
  const { value } = parseBody(await readBody(request.message), format, kind)
  if (!isObject(value)) throw badRequest('the body of the request must be an object')
  return value
}

/** Asks policies and webhooks about a subresource that is created. */
async function admit(
  { registry }: Pick<ResourceServer, 'registry'>,
  resource: Resource,
  request: ApiRequest,
  as: GroupVersionKind,
  body: JsonObject,
): Promise<void> {
  const { info } = request
  const scope = scopeOf(request, resource, writeOptions(info.query, 'CreateOptions'))
  const target = targetOf(resource.kind, info.namespace, info.name, info.subresource)
  await finish(admitOnly(registry, scope, target, as, body))
}

async function review(
  server: ResourceServer & { readonly access: Access },
  resource: Resource,
  request: ApiRequest,
): Promise<Reply> {
  const { kind } = resource
  const { registry } = server
  const body = await object(request, kind.kind)
  const scope = scopeOf(request, resource, writeOptions(request.info.query, 'CreateOptions'))
  const target = targetOf(kind, request.info.namespace, '', '')
  const bare = { ...body, apiVersion: `${kind.group}/v1`, kind: kind.kind, metadata: {} } as unknown as KubeObject
  await finish(admitOnly(registry, scope, target, { group: kind.group, version: 'v1', kind: kind.kind }, body))
  const { managedFields } = registry.fields.update(undefined, bare, fieldUpdate(registry, scope, target)).metadata
  const { user, info } = request
  const answer = answerReview(registry, server.access, kind.kind, body, user, info.namespace, managedFields)
  if (answer === undefined) throw methodNotSupported(resourceOf(kind), 'create')
  return json(201, answer)
}

/** `namespaces/finalize` is the one way to take finalizers from a namespace's spec. */
async function finalize({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info } = request
  const wanted = negotiate(request.message.headers.accept)
  const body = await object(request, 'Namespace')
  const options = writeOptions(info.query, 'UpdateOptions')
  const scope = scopeOf(request, resource, options)
  const target = targetOf(resource.kind, '', info.name, 'finalize')
  const spec = isObject(body['spec']) ? body['spec'] : {}
  const { stored } = await finish(
    update(registry, scope, target, live => {
      if (live === undefined) throw notFound(resourceOf(resource.kind), info.name)
      const changed = { ...live, spec: { finalizers: spec['finalizers'] ?? [] } } as KubeObject
      return registry.fields.update(live, changed, fieldUpdate(registry, scope, target))
    }),
  )
  return objectReply(registry, resource, request, 200, stored, wanted)
}

async function evict({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info } = request
  if (info.verb !== 'create') throw methodNotSupported(resourceOf(resource.kind), info.verb)
  const body = await object(request, 'Eviction')
  const options = deleteOptions(new URLSearchParams(), isObject(body['deleteOptions']) ? body['deleteOptions'] : {})
  const dryRun = options.dryRun || writeOptions(info.query, 'CreateOptions').dryRun
  const scope = scopeOf(request, resource, { dryRun, fieldManager: '', fieldValidation: 'Ignore' })
  const target = targetOf(resource.kind, info.namespace, info.name, 'eviction')
  await finish(admitOnly(registry, scope, target, { group: 'policy', version: 'v1', kind: 'Eviction' }, body))
  const pod = registry.store.get(storageKey(resource.kind), info.namespace, info.name)
  if (pod === undefined) throw notFound(resourceOf(resource.kind), info.name)
  const budget = registry.reader
    .list('policy/poddisruptionbudgets', info.namespace)
    .find(one => guards(one, pod.object) && disruptionsAllowed(one) <= 0)
  if (budget !== undefined)
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10)
  await finish(remove(registry, scope, { ...target, subresource: '' }, options, true))
  return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

function guards(budget: KubeObject, pod: KubeObject): boolean {
  const selector = (budget['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined)?.selector
  const labels = Object.entries(selector?.matchLabels ?? {})
  return labels.length > 0 && labels.every(([key, value]) => pod.metadata.labels?.[key] === value)
}

function disruptionsAllowed(budget: KubeObject): number {
  return (budget['status'] as { disruptionsAllowed?: number } | undefined)?.disruptionsAllowed ?? 0
}

async function bind({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Promise<Reply> {
  const { info } = request
  if (info.verb !== 'create') throw methodNotSupported(resourceOf(resource.kind), info.verb)
  const body = await object(request, 'Binding')
  await admit({ registry }, resource, request, { group: '', version: 'v1', kind: 'Binding' }, body)
  const target = isObject(body['target']) ? body['target'] : {}
  const node = typeof target['name'] === 'string' ? target['name'] : ''
  const live = registry.store.get(storageKey(resource.kind), info.namespace, info.name)
  if (live === undefined) throw notFound(resourceOf(resource.kind), info.name)
  const spec = live.object['spec'] as JsonObject
  if (spec['nodeName'] !== undefined)
    throw conflict(
      { group: '', resource: 'pods/binding' },
      info.name,
      `pod ${info.name} is already assigned to node "${String(spec['nodeName'])}"`,
    )
  const status = (live.object['status'] ?? {}) as JsonObject
  const conditions = (status['conditions'] ?? []) as readonly JsonObject[]
  const scheduled: JsonObject = {
    lastProbeTime: null,
    lastTransitionTime: timestamp(registry.clock.now()),
    status: 'True',
    type: 'PodScheduled',
  }
  registry.store.put(storageKey(resource.kind), {
    ...withMetadata(live.object, {}),
    spec: { ...spec, nodeName: node },
    status: { ...status, conditions: [...conditions.filter(one => one['type'] !== 'PodScheduled'), scheduled] },
  } as unknown as KubeObject)
  return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

function log({ registry }: ResourceServer, resource: Resource, request: ApiRequest): Reply | undefined {
  const { info, response } = request
  const { query } = info
  const pod = registry.store.get(storageKey(resource.kind), info.namespace, info.name)?.object
  if (pod === undefined) throw notFound(resourceOf(resource.kind), info.name)
  const spec = pod['spec'] as { containers?: { name: string }[]; initContainers?: { name: string }[] } | undefined
  const names = (spec?.containers ?? []).map(one => one.name)
  const initial = (spec?.initContainers ?? []).map(one => one.name)
  const asked = query.get('container')
  const container = asked ?? names[0] ?? ''
  if (asked === null && names.length > 1)
    throw badRequest(
      `a container name must be specified for pod ${info.name}, choose one of: [${names.join(' ')}]${initial.length === 0 ? '' : ` or one of the init containers: [${initial.join(' ')}]`}`,
    )
  if (!names.includes(container) && !initial.includes(container))
    throw badRequest(`container ${container} is not valid for pod ${info.name}`)
  const number = (key: string) => (query.has(key) ? { [key]: Number(query.get(key)) } : {})
  const output = podLog(
    pod,
    {
      container,
      previous: query.get('previous') === 'true',
      timestamps: query.get('timestamps') === 'true',
      ...number('tailLines'),
      ...number('sinceSeconds'),
      ...number('limitBytes'),
    },
    registry.clock.now(),
  )
  if (query.get('follow') !== 'true') return text(200, output, 'text/plain')
  response.writeHead(200, { 'Content-Type': 'text/plain' })
  response.write(output)
  const stop = registry.store.watch('/pods', registry.store.revision, event => {
    if (event.type === 'DELETED' && event.current.name === info.name && event.current.namespace === info.namespace)
      response.end()
  })
  response.once('close', () => stop?.())
  return undefined
}
