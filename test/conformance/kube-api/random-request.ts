import { schemaFor } from '../../../src/manifest/schema/builtin.ts'
import type { Schema } from '../../../src/manifest/schema/schema.ts'
import type { Random } from '../../support/kube-sequences/random.ts'

/** A resource as requests name it. */
export interface Route {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly subresources: readonly string[]
}

/** One request to try: bytes as they are sent. */
export interface RandomRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

const METHODS = [
  ...['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'PATCH', 'DELETE'],
  ...['HEAD', 'OPTIONS', 'TRACE'],
] as const
const NAMES = [
  'a',
  'b',
  'default',
  'kube-system',
  'x'.repeat(300),
  '..',
  '%00',
  '%ff',
  'A_b',
  '*',
  'ä',
  'status',
] as const
const TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
] as const
const ACCEPTS = [
  'application/json',
  'application/yaml',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/vnd.kubernetes.protobuf',
  'text/html',
  ';;,=',
] as const
const OTHER_PATHS = [
  ...['/', '/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1', '/version', '/healthz', '/readyz', '/livez'],
  ...['/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1', '/openid/v1/jwks', '/logs', '/../..', '//'],
  ...[
    '/.well-known/openid-configuration',
    '/api/v1/namespaces/default/pods/a/log',
    '/api/v1/watch/pods',
    '/apis//v1/x',
  ],
] as const
const QUERIES = [
  ...['limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'labelSelector', 'fieldSelector', 'dryRun'],
  ...['fieldManager', 'fieldValidation', 'force', 'gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'],
  ...['timeoutSeconds', 'includeObject', 'pretty', 'watch', 'container', 'tailLines', 'sendInitialEvents'],
] as const
const VALUES = [
  ...[
    '',
    '0',
    '1',
    '-1',
    '99999999999999999999',
    'true',
    'false',
    'All',
    'a',
    'a=b',
    'a in (b',
    '!',
    'Strict',
    'metadata.name=a',
  ],
  ...[
    '%00',
    '%F0%9F%92%A9',
    'Background',
    'Exact',
    'NotOlderThan',
    'None',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
    'a,b notin (c),d',
  ],
] as const

/** A request to one of the routes, or to any other path, as wrong as a client can make it. */
export function randomRequest(random: Random, routes: readonly Route[]): RandomRequest {
  const route = random.chance(0.92) ? random.pick(routes) : undefined
  const method = random.pick(METHODS)
  const headers: Record<string, string> = {}
  if (random.chance(0.2)) headers['accept'] = random.pick(ACCEPTS)
  if (random.chance(0.05)) headers['impersonate-user'] = random.pick(['jane', '', 'system:anonymous'])
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH' || random.chance(0.2)
  if (!hasBody) return { method, path: pathOf(random, route, method), headers, body: undefined }
  const type = typeFor(random, method)
  if (type !== '') headers['content-type'] = type
  return { method, path: pathOf(random, route, method), headers, body: bodyOf(random, route, type, method) }
}

function typeFor(random: Random, method: string): string {
  if (random.chance(0.15)) return random.pick(TYPES)
  if (method === 'PATCH') return TYPES[3 + random.below(4)]!
  return random.chance(0.7) ? 'application/json' : TYPES[1 + random.below(2)]!
}

function pathOf(random: Random, route: Route | undefined, method: string): string {
  const count = random.chance(0.6) ? 0 : 1 + random.below(3)
  const query = Array.from({ length: count }, () => `${random.pick(QUERIES)}=${random.pick(VALUES)}`)
  if (method === 'PATCH' && random.chance(0.8)) query.push('fieldManager=me')
  const suffix = query.length === 0 ? '' : `?${query.join('&')}`
  if (route === undefined) return `${random.pick(OTHER_PATHS)}${suffix}`
  const { group, version, plural, namespaced, subresources } = route
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const namespace =
    namespaced && random.chance(0.9) ? `/namespaces/${random.chance(0.8) ? 'default' : random.pick(NAMES)}` : ''
  const named = method !== 'POST' || random.chance(0.3)
  const name = named ? `/${random.chance(0.7) ? random.pick(['a', 'b'] as const) : random.pick(NAMES)}` : ''
  const sub =
    named && random.chance(0.2) ? `/${random.pick([...subresources, 'status', 'scale', 'nothing', 'exec', 'a/b'])}` : ''
  return `${root}${namespace}/${plural}${name}${sub}${suffix}`
}

function bodyOf(random: Random, route: Route | undefined, type: string, method: string): Uint8Array {
  const dice = random.below(20)
  if (dice === 0) return bytes(random, random.below(200))
  if (dice === 1) return new Uint8Array()
  if (type.includes('protobuf')) return Buffer.concat([Buffer.from('k8s\0'), bytes(random, random.below(200))])
  if (dice === 2) return Buffer.from(`${'['.repeat(random.below(3000))}`)
  if (dice === 3) return Buffer.from(`${'{"a":'.repeat(random.below(3000))}`)
  const value =
    type.includes('json-patch') && random.chance(0.9)
      ? Array.from({ length: 1 + random.below(3) }, () => operation(random, route))
      : method === 'DELETE'
        ? { kind: 'DeleteOptions', apiVersion: 'v1', ...(anything(random, 1) as object) }
        : objectOf(random, route)
  const text = Buffer.from(JSON.stringify(value))
  if (dice === 4) return text.subarray(0, random.below(text.length))
  if (dice === 5) for (let count = 0; count < 3; count++) text[random.below(text.length)] = random.below(256)
  return text
}

function bytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

function operation(random: Random, route: Route | undefined): unknown {
  const paths = [
    '/metadata/labels/a',
    '/spec',
    '/spec/-',
    '/spec/containers/0/image',
    '',
    'x',
    '/metadata/name',
    '/~2',
    '/data/a',
  ]
  return {
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'what']),
    path: random.chance(0.95) ? random.pick(paths) : anything(random, 1),
    from: random.pick(paths),
    value: random.chance(0.5) ? anything(random, 2) : objectOf(random, route),
  }
}

/** An object of the route's kind, much of it as its schema has it and some of it not. */
function objectOf(random: Random, route: Route | undefined): unknown {
  if (route === undefined || random.chance(0.05)) return anything(random, 3)
  const { group, version, kind } = route
  const schema = schemaFor({ group, version, kind })
  const made = schema === undefined ? anything(random, 3) : schemaValue(random, schema, 6)
  const fields = typeof made === 'object' && made !== null && !Array.isArray(made) ? made : {}
  const metadata = {
    name: random.pick(['a', 'b'] as const),
    ...(random.chance(0.2) ? (anything(random, 2) as object) : {}),
  }
  const generated = (fields as Record<string, unknown>)['metadata']
  return {
    ...fields,
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: random.chance(0.1) ? generated : metadata,
    ...(random.chance(0.03) ? { kind: anything(random, 1) } : {}),
  }
}

function schemaValue(random: Random, schema: Schema, depth: number): unknown {
  if (random.chance(0.04) || depth === 0) return anything(random, 1)
  if (schema.enum !== undefined && random.chance(0.8)) return random.pick(schema.enum)
  switch (schema.type) {
    case 'object': {
      const entries = Object.entries(schema.properties ?? {}).filter(
        ([name]) => schema.required?.includes(name) === true || random.chance(depth > 4 ? 0.6 : 0.25),
      )
      const extra = schema.additionalProperties
      const more = typeof extra === 'object' ? [['a', extra] as const, ['A b', extra] as const] : []
      return Object.fromEntries(
        [...entries, ...more].map(([name, field]) => [name, schemaValue(random, field, depth - 1)]),
      )
    }
    case 'array':
      return Array.from({ length: random.below(3) }, () => schemaValue(random, schema.items ?? {}, depth - 1))
    case 'string':
      return random.pick(STRINGS)
    case 'integer':
    case 'number':
      return random.pick(NUMBERS)
    case 'boolean':
      return random.chance(0.5)
    default:
      return random.chance(0.5) ? random.pick(STRINGS) : random.pick(NUMBERS)
  }
}

const STRINGS = [
  ...[
    '',
    'a',
    'b',
    'default',
    '0',
    '1',
    '10%',
    '100m',
    '1Gi',
    'x'.repeat(70),
    'A_B',
    'a.b/c',
    '/x',
    '../x',
    '2024-01-01T00:00:00Z',
  ],
  ...[
    'TCP',
    'Always',
    'ClusterIP',
    'RollingUpdate',
    'Exists',
    'In',
    '10.0.0.1',
    '::1',
    '10.0.0.0/33',
    'http',
    '* * * * *',
  ],
  ...[
    'IfNotPresent',
    'Never',
    'v1',
    'apps/v1',
    'Deployment',
    '\u0000',
    '💩',
    '__proto__',
    'constructor',
    '%s',
    '{{',
    '-1',
    'LoadBalancer',
  ],
] as const
const NUMBERS = [0, 1, -1, 2, 80, 65536, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308] as const

function anything(random: Random, depth: number): unknown {
  const scalars = [null, true, false, ...NUMBERS, ...STRINGS] as const
  if (depth === 0 || random.chance(0.4)) return random.pick(scalars)
  if (random.chance(0.4)) return Array.from({ length: random.below(4) }, () => anything(random, depth - 1))
  const names = [
    'a',
    'name',
    'spec',
    'labels',
    'finalizers',
    '__proto__',
    'constructor',
    'kind',
    'namespace',
    'uid',
    'ownerReferences',
  ]
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.pick(names), anything(random, depth - 1)] as const),
  )
}
