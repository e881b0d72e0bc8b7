import { isObject, type JsonObject } from '../manifest/json.ts'

import { type GroupVersionKind, gvkOf, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import { asObject, deleted, readPage, readTable, readWatch, saysKindIsGone, unlessMissing } from './answers.ts'
import { errorWithoutAnswer } from './api-error.ts'
import type { ClientOptions, KubeClient, ListPage } from './client-types.ts'
import { ApiError, type ApiResource, type WriteOptions } from './cluster.ts'
import type { Connection } from './connection.ts'
import { createDiscovery, type Discovery } from './discovery.ts'
import { type Caller, createExchanger, type Exchange, type Exchanger } from './exchange.ts'
import { readLines } from './lines.ts'
import { queryString, resourcePath } from './path.ts'
import { openTransport, type Transport } from './transport.ts'

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const

const PAGE = 500
/** Real servers send a bookmark about every minute. */
const SILENCE = 150_000

/** Opens a client; nothing is sent before the first request. Close it to end its watches and connections. */
export function connectCluster(connection: Connection, options: ClientOptions = {}): KubeClient {
  const transport = openTransport(connection, options)
  const exchanger = createExchanger(transport, connection.server, options)
  const self: Caller = { impersonate: connection.impersonate, priority: 'normal' }
  const discovery = createDiscovery(
    (path, accept) =>
      exchanger.json({ verb: 'discovery', method: 'GET', path, accept }, { ...self, priority: 'interactive' }),
    exchanger.clock,
  )
  return clientFor({ connection, transport, exchanger, discovery }, self)
}

interface Shared {
  readonly connection: Connection
  readonly transport: Transport
  readonly exchanger: Exchanger
  readonly discovery: Discovery
}

function clientFor(shared: Shared, caller: Caller): KubeClient {
  const { connection, transport, exchanger, discovery } = shared

  /** Runs a request for a kind; when the server does not know the kind any more, looks again and tries once more. */
  async function withKind<T>(gvk: GroupVersionKind, run: (resource: ApiResource) => Promise<T>): Promise<T> {
    const resource = await discovery.resource(gvk)
    try {
      return await run(resource)
    } catch (error) {
      if (!saysKindIsGone(error)) throw error
      discovery.invalidate(gvk.group)
      return run(await discovery.resource(gvk))
    }
  }

  async function send(exchange: Exchange & { readonly resource: string }): Promise<JsonObject> {
    const answer = await exchanger.json(exchange, caller)
    if (isObject(answer)) return answer
    throw new ApiError({ code: 0, reason: 'Unreachable', message: `${exchange.path}: the answer is no object` })
  }

  function write(object: KubeObject, options: WriteOptions & { readonly subresource?: string }, patch: WriteShape) {
    return withKind(gvkOf(object), async resource => {
      const { name, namespace = '' } = object.metadata
      if (resource.namespaced && namespace === '') throw namespaceMissing(resource, name)
      const path = resourcePath(resource, namespace, patch.method === 'POST' ? undefined : name, options.subresource)
      return asObject(
        await send({
          ...label(resource, options.subresource),
          ...patch,
          path: path + queryString({ ...writeQuery(options), force: patch.force }),
          body: object,
          dryRun: options.dryRun ?? false,
          signal: options.signal,
          onWarning: options.onWarning,
        }),
      )
    })
  }

  const client: KubeClient = {
    name: connection.name,
    server: connection.server,
    namespace: connection.namespace,
    resource: gvk => discovery.resource(gvk),
    resources: () => discovery.resources(),
    invalidate: group => discovery.invalidate(group),

    get(ref, options = {}) {
      return withKind(ref, resource =>
        unlessMissing(async () =>
          asObject(
            await send({
              ...label(resource),
              verb: 'get',
              method: 'GET',
              path: objectPath(resource, ref),
              signal: options.signal,
            }),
          ),
        ),
      )
    },

    async list(gvk, options = {}) {
      const items: KubeObject[] = []
      let next: string | undefined
      do {
        try {
          const page: ListPage = await client.listPage(gvk, {
            ...options,
            limit: PAGE,
            ...(next !== undefined && { continue: next }),
          })
          items.push(...page.items)
          next = page.continue
        } catch (error) {
          // The snapshot behind the token is gone: only a list in one piece is consistent now.
          if (next === undefined || !(error instanceof ApiError) || error.code !== 410) throw error
          return (await client.listPage(gvk, options)).items
        }
      } while (next !== undefined)
      return items
    },

    listPage(gvk, options = {}) {
      return withKind(gvk, async resource =>
        readPage(
          await send({
            ...label(resource),
            verb: 'list',
            method: 'GET',
            path:
              resourcePath(resource, options.namespace ?? '') +
              queryString({
                labelSelector: options.labelSelector,
                fieldSelector: options.fieldSelector,
                limit: options.limit,
                continue: options.continue,
                resourceVersion: options.resourceVersion,
                resourceVersionMatch: options.resourceVersionMatch,
              }),
            signal: options.signal,
          }),
          resource,
        ),
      )
    },

    async *watch(gvk, options = {}) {
      const { namespace = '', signal } = options
      const open = (resource: ApiResource) => ({
        ...label(resource),
        verb: 'watch' as const,
        method: 'GET' as const,
        path:
          resourcePath(resource, namespace) +
          queryString({
            watch: 'true',
            allowWatchBookmarks: 'true',
            labelSelector: options.labelSelector,
            fieldSelector: options.fieldSelector,
            resourceVersion: options.resourceVersion,
            timeoutSeconds: options.timeoutSeconds,
            ...(options.sendInitialEvents && { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }),
          }),
        signal,
      })
      const silence = options.silence ?? SILENCE
      const [request, body] = await withKind(gvk, async resource => {
        const exchange = open(resource)
        return [exchange, await exchanger.stream(exchange, caller, silence)] as const
      })
      try {
        yield* readWatch(body)
      } catch (error) {
        if (error instanceof ApiError) throw error
        if (signal?.aborted) throw signal.reason
        throw errorWithoutAnswer({ method: 'WATCH', url: connection.server + request.path }, error)
      } finally {
        body.destroy()
      }
    },

    create: (object, options) => write(object, options, { verb: 'create', method: 'POST', idempotent: false }),
    update: (object, options) => write(object, options, { verb: 'update', method: 'PUT', idempotent: true }),
    apply: (object, options) =>
      write(object, options, {
        verb: 'apply',
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml',
        idempotent: true,
        force: options.force ?? false,
      }),

    patch(ref, patch, options) {
      return withKind(ref, async resource =>
        asObject(
          await send({
            ...label(resource, options.subresource),
            verb: 'patch',
            method: 'PATCH',
            path: objectPath(resource, ref, options.subresource) + queryString(writeQuery(options)),
            body: patch,
            contentType: PATCH_TYPES[options.type],
            idempotent: options.type !== 'json',
            dryRun: options.dryRun ?? false,
            signal: options.signal,
            onWarning: options.onWarning,
          }),
        ),
      )
    },

    delete(ref, options = {}) {
      return withKind(ref, resource =>
        unlessMissing(async () => {
          const answer = await send({
            ...label(resource),
            verb: 'delete',
            method: 'DELETE',
            path: objectPath(resource, ref),
            body: {
              apiVersion: 'v1',
              kind: 'DeleteOptions',
              ...(options.propagation !== undefined && { propagationPolicy: options.propagation }),
              ...(options.preconditions !== undefined && { preconditions: options.preconditions }),
              ...(options.dryRun && { dryRun: ['All'] }),
            },
            dryRun: options.dryRun ?? false,
            signal: options.signal,
          })
          return answer['kind'] === 'Status' ? deleted(ref, answer) : asObject(answer)
        }),
      )
    },

    table(gvk, options = {}) {
      return withKind(gvk, async resource => {
        const path = resourcePath(resource, options.namespace ?? '', options.name)
        const query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector }
        const answer = await send({
          ...label(resource),
          verb: 'list',
          method: 'GET',
          path: path + queryString(query),
          accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
          signal: options.signal,
        })
        return readTable(answer)
      })
    },

    async *logs(pod, options = {}) {
      const { signal, ...query } = options
      const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`
      const exchange: Exchange = {
        verb: 'log',
        method: 'GET',
        path: path + queryString(query),
        resource: 'pods',
        subresource: 'log',
        accept: '*/*',
        signal,
      }
      const body = await exchanger.stream(exchange, caller, options.follow ? 0 : SILENCE)
      try {
        for await (const { lines, rest } of readLines(body)) {
          yield* lines
          if (rest !== '') yield rest
        }
      } finally {
        body.destroy()
      }
    },

    async version(signal) {
      const answer = await exchanger.json({ verb: 'raw', method: 'GET', path: '/version', signal }, caller)
      return isObject(answer) ? String(answer['gitVersion'] ?? '') : ''
    },

    raw(method, path, options = {}) {
      return exchanger.json({ verb: 'raw', method, path, body: options.body, signal: options.signal }, caller)
    },

    as: user => clientFor(shared, { ...caller, impersonate: user }),
    withPriority: priority => clientFor(shared, { ...caller, priority }),
    close: () => transport.close(),
  }
  return client
}

type WriteShape = Pick<Exchange, 'verb' | 'method'> & {
  readonly contentType?: string
  readonly idempotent: boolean
  readonly force?: boolean
}

function label(resource: ApiResource, subresource = '') {
  return { group: resource.group, resource: resource.plural, subresource }
}

function objectPath(resource: ApiResource, ref: ObjectRef, subresource?: string): string {
  if (resource.namespaced && ref.namespace === '') throw namespaceMissing(resource, ref.name)
  return resourcePath(resource, ref.namespace, ref.name, subresource)
}

function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions) {
  return { fieldManager, dryRun: dryRun ? 'All' : undefined, fieldValidation }
}

function namespaceMissing(resource: ApiResource, name: string): ApiError {
  return new ApiError({
    code: 400,
    reason: 'BadRequest',
    message: `${resource.kind}/${name}: a ${resource.kind} lives in a namespace, and none is given`,
  })
}
