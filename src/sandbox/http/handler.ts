import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonValue } from '../../manifest/json.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { ImpersonationWithoutUser, impersonated, refusal } from '../auth/impersonate.ts'
import type { Attributes } from '../auth/rbac.ts'
import type { Access } from '../auth/reviews.ts'
import { discover } from '../discovery/discovery.ts'
import type { FaultInjector } from '../faults.ts'
import type { User } from '../kind.ts'
import { badRequest, internalError, methodNotAllowed, StatusError, notServed as unknownResource } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import type { ResourceServer } from './common.ts'
import { createMetrics } from './metrics.ts'
import { failure, json, type Reply, send, text } from './reply.ts'
import { type RequestInfo, requestInfo } from './request-info.ts'
import { serveResource } from './resource.ts'
import { serveSubresource } from './subresource.ts'
import { VERSION } from './version.ts'

export interface ApiServer extends ResourceServer {
  readonly access: Access
  readonly faults: FaultInjector
  /** OpenAPI documents: `/openapi/v2`, `/openapi/v3…`; undefined for what there is not. */
  openapi(path: string, message: IncomingMessage): Reply | undefined
  /** Address that discovery names. */
  address(): string
  log(message: string): void
}

/** The request listener: from a request to exactly one answer, whatever is sent. */
export function createHandler(server: ApiServer): (message: IncomingMessage, response: ServerResponse) => void {
  const metrics = createMetrics()

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now()
    const info = requestInfo(message.method ?? 'GET', message.url ?? '/')
    if (info === undefined) {
      message.resume()
      send(response, text(400, '400 Bad Request'))
      return
    }
    const warnings: string[] = []
    let code = 200
    try {
      const reply = await answer(info, message, response, warnings)
      if (reply === undefined) {
        metrics.longRunning(1, info)
        response.once('close', () => metrics.longRunning(-1, info))
      } else {
        code = reply.code
        finish(message, response, reply, warnings)
      }
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy()
      else if (error instanceof ImpersonationWithoutUser) {
        code = 500
        const path = JSON.stringify(message.url ?? '')
        finish(message, response, text(500, `Internal Server Error: ${path}: ${error.message}\n`), warnings)
      } else {
        if (!(error instanceof StatusError) && !isTooDeep(error))
          server.log(`${message.method} ${info.path}: ${describe(error)}`)
        const { status } = refusalFor(error)
        code = status.code
        finish(message, response, failure(status), warnings)
      }
    }
    metrics.count(info, code, (performance.now() - started) / 1000)
  }

  async function answer(
    info: RequestInfo,
    message: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Promise<Reply | undefined> {
    const { access } = server
    const requester = access.authenticator.user(message)
    const user = impersonated(message, requester, access.authorizer)
    const fault = await server.faults.strike(info, user, response)
    if (fault !== undefined) return fault === 'cut' ? undefined : fault
    const wanted = attributes(info, user)
    const decision = access.authorizer.authorize(wanted)
    if (!decision.allowed) throw refusal(wanted, decision.reason)
    return info.isResource ? resource(info, user, message, response, warnings) : path(info, message)
  }

  async function resource(
    info: RequestInfo,
    user: User,
    message: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Promise<Reply | undefined> {
    const found = server.registry.catalog.find(info.group, info.version, info.resource)
    if (
      found === undefined ||
      (info.namespace !== '' && !found.kind.namespaced && !isNamespaces(info)) ||
      info.rest.length > 0
    ) {
      const listed = info.namespace !== '' && info.resource === 'namespaces' && info.group === ''
      if (!listed || found === undefined) {
        const groups = server.registry.catalog.kinds().filter(kind => kind.group === info.group)
        if (groups.some(kind => kind.custom !== true)) throw unknownResource()
        return notServed(info)
      }
    }
    const request: ApiRequest = {
      info: isNamespaces(info) ? { ...info, namespace: '' } : info,
      user,
      message,
      response,
      warnings,
      warn: warning => {
        if (!warnings.includes(warning)) warnings.push(warning)
      },
      authorized: (verb, changes = {}) =>
        server.access.authorizer.authorize(attributes({ ...info, verb, ...changes }, user)).allowed,
    }
    if (found.version.deprecation !== undefined) request.warn(found.version.deprecation)
    return info.subresource === '' && (found.kind.verbs?.includes('list') ?? true)
      ? serveResource(server, found, request)
      : serveSubresource(server, found, request)
  }

  function path(info: RequestInfo, message: IncomingMessage): Reply {
    const segments = info.path.split('/').filter(part => part !== '')
    const { accept = '', 'if-none-match': ifNoneMatch } = message.headers
    switch (segments[0]) {
      case undefined:
        return json(200, { paths: PATHS })
      case 'api':
      case 'apis':
        if (info.verb !== 'get' && info.verb !== 'head') throw methodNotAllowed()
        return (
          discover(server.registry.catalog, { segments, accept, ifNoneMatch, address: server.address() }) ??
          notDiscovered(segments)
        )
      case 'version':
        return json(200, VERSION)
      case 'healthz':
      case 'livez':
      case 'readyz':
        return health(segments[0], info)
      case 'metrics': {
        const { store } = server.registry
        const objects = store
          .resources()
          .map(
            key =>
              [key.replace(/^(.*)\/(.*)$/, (_all, g, p) => (g === '' ? p : `${p}.${g}`)), store.count(key)] as const,
          )
        return text(200, metrics.text(new Map(objects)), 'text/plain; version=0.0.4; charset=utf-8')
      }
      case 'openapi':
        return server.openapi(info.path, message) ?? text(404, '')
      case '.well-known':
        if (segments[1] === 'openid-configuration')
          return json(200, {
            issuer: server.access.audience,
            jwks_uri: `https://${server.address()}/openid/v1/jwks`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['ES256'],
          })
        return notServed(info)
      case 'openid':
        return info.path === '/openid/v1/jwks'
          ? { code: 200, body: server.access.signer.jwks(), contentType: 'application/jwk-set+json' }
          : notServed(info)
      default:
        return notServed(info)
    }
  }

  function notDiscovered([root, group]: readonly string[]): Reply {
    const name = root === 'api' ? '' : group
    if (server.registry.catalog.kinds().some(kind => kind.group === name && kind.custom !== true))
      throw unknownResource()
    return text(404, '404 page not found\n')
  }

  return (message, response) => {
    handle(message, response).catch(error => {
      server.log(`${message.method} ${message.url}: ${describe(error)}`)
      response.destroy()
    })
  }
}

function finish(message: IncomingMessage, response: ServerResponse, reply: Reply, warnings: readonly string[]): void {
  if (response.destroyed) return
  if (!message.complete) {
    // A body that nobody reads must not hold up the connection for what comes next.
    message.resume()
    if (reply.code === 413) response.setHeader('Connection', 'close')
  }
  send(response, inWantedFormat(message.headers.accept, reply), warnings)
}

/** Objects as YAML, for those who prefer it. */
function inWantedFormat(accept: string | undefined, reply: Reply): Reply {
  if (accept === undefined || !accept.startsWith('application/yaml') || reply.contentType !== undefined) return reply
  const body = toYaml(JSON.parse(reply.body.toString()) as JsonValue)
  return { ...reply, body, contentType: 'application/yaml' }
}

const PATHS = [
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/version',
]

function isNamespaces(info: RequestInfo): boolean {
  return info.group === '' && info.resource === 'namespaces'
}

function attributes(info: RequestInfo, user: User): Attributes {
  const { verb, isResource, group, version, resource, subresource, namespace, name, path } = info
  return { user, verb, isResource, group, version, resource, subresource, namespace, name, path }
}

function notServed(_info: RequestInfo): Reply {
  return text(404, '404 page not found\n')
}

function health(check: string, info: RequestInfo): Reply {
  if (!info.query.has('verbose')) return text(200, 'ok')
  return text(200, `[+]ping ok\n[+]log ok\n[+]store ok\n${check} check passed\n`)
}

/** YAML and patches can be nested deeper than the stack is; that is the client's fault. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

function refusalFor(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  return isTooDeep(error) ? badRequest('exceeded max depth') : internalError(describe(error))
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
