import { Agent, request } from 'node:https'
import { connect } from 'node:tls'
import type { JsonObject } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type Random, randomFrom } from '../../support/kube-sequences/random.ts'
import { type RandomRequest, type Route, randomRequest } from './random-request.ts'

/** What the embedded server should not have answered, or what it logged; with the seed and the number of the request. */
export interface Finding {
  readonly seed: number
  readonly index: number
  readonly request: string
  readonly problem: string
}

const DEADLINE_MS = 20_000

/** Answers beyond 4xx that the real API server gives too. */
const KNOWN = [
  /Too large resource version/,
  /strconv.ParseUint: parsing/,
  /resourceVersion should not be set on objects to be created/,
  /failed to create typed patch object/,
  /list element types are not identical/,
]

/**
 * Sends random requests to an embedded server with all its simulated controllers, and raw bytes to its port. Everything
 * has to be answered with 2xx or 4xx, and nothing may reach the log.
 */
export async function bombard(seed: number, count: number): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let current = { index: 0, request: '' }
  const find = (problem: string) => findings.push({ seed, ...current, problem })
  const sandbox = await startSandbox({ log: message => find(`logged: ${message.split('\n').slice(0, 4).join(' | ')}`) })
  const agent = new Agent({ keepAlive: true, ca: sandbox.ca, maxSockets: 4 })
  try {
    sandbox.client.create('apiextensions.k8s.io/customresourcedefinitions', definition)
    const random = randomFrom(seed)
    const routes = await routesOf(sandbox, agent)
    for (let index = 0; index < count; index++) {
      const next = randomRequest(random, routes)
      current = { index, request: `${next.method} ${next.path} ${JSON.stringify(next.headers)} ${shown(next.body)}` }
      const problem = await attempt(sandbox, agent, next)
      if (problem !== undefined) find(problem)
      if (index % 50 === 0) await rawBytes(sandbox, random)
    }
    current = { index: count, request: 'GET /readyz' }
    const problem = await attempt(sandbox, agent, { method: 'GET', path: '/readyz', headers: {}, body: undefined })
    if (problem !== undefined) find(problem)
  } finally {
    agent.destroy()
    await sandbox.stop()
  }
  return findings
}

/** A kind with all that a schema can ask for. */
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.fuzz.test' },
  spec: {
    group: 'fuzz.test',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: ['v1', 'v2'].map(name => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.a', statusReplicasPath: '.status.a', labelSelectorPath: '.status.name' },
      },
      additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a[?(@.name=="a")].name' }],
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              'x-kubernetes-validations': [{ rule: 'self.labels.all(l, l != "") || self.kind == oldSelf.kind' }],
              properties: {
                a: { 'x-kubernetes-int-or-string': true },
                name: { type: 'string', pattern: '^a*$', maxLength: 5, default: 'a' },
                labels: { type: 'array', maxItems: 9, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                finalizers: {
                  type: 'array',
                  items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name'],
                },
                kind: { type: 'integer', minimum: 1, nullable: true },
                spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                namespace: { type: 'object', additionalProperties: { type: 'boolean' } },
                uid: { type: 'string', format: 'date-time' },
              },
            },
            status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
    })),
  },
} as unknown as KubeObject

function shown(body: Uint8Array | undefined): string {
  return body === undefined ? '' : JSON.stringify(Buffer.from(body).toString('latin1'))
}

async function routesOf(sandbox: Sandbox, agent: Agent): Promise<readonly Route[]> {
  const routes: Route[] = []
  for (const root of ['/api', '/apis']) {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { text } = await send(sandbox, agent, { method: 'GET', path: root, headers: { accept }, body: undefined })
    const { items } = JSON.parse(text) as { items: readonly Discovered[] }
    for (const { metadata, versions } of items)
      for (const { version, resources } of versions)
        for (const { resource, responseKind, scope, subresources = [] } of resources)
          routes.push({
            group: metadata.name ?? '',
            version,
            kind: responseKind.kind,
            plural: resource,
            namespaced: scope === 'Namespaced',
            subresources: subresources.map(each => each.subresource),
          })
  }
  return routes
}

interface Discovered {
  readonly metadata: { readonly name?: string }
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly {
      readonly resource: string
      readonly responseKind: { readonly kind: string }
      readonly scope: string
      readonly subresources?: readonly { readonly subresource: string }[]
    }[]
  }[]
}

/** What is wrong with the answer to a request; undefined when nothing is. */
async function attempt(sandbox: Sandbox, agent: Agent, next: RandomRequest): Promise<string | undefined> {
  try {
    const { status, text } = await send(sandbox, agent, next)
    if (status >= 200 && status < 300) return undefined
    const line = `${status} ${text.slice(0, 500)}`
    if (status >= 400 && status < 500) return problemOfStatus(text) === undefined ? undefined : `no Status: ${line}`
    return KNOWN.some(pattern => pattern.test(line)) ? undefined : line
  } catch (error) {
    return `no answer: ${(error as Error).message}`
  }
}

/** A refusal is a Status object, or a plain text of a few words. */
function problemOfStatus(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  const { kind, status, code } = JSON.parse(text) as JsonObject
  return kind === 'Status' && status === 'Failure' && typeof code === 'number' ? undefined : text
}

interface Answer {
  readonly status: number
  readonly text: string
}

function send(sandbox: Sandbox, agent: Agent, { method, path, headers, body }: RandomRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${sandbox.url}`,
      {
        method,
        // What is no text of a URL goes as it is only in `rawBytes`.
        path: path.replace(/[^!-~]/gu, encodeURIComponent),
        agent,
        headers: {
          authorization: `Bearer ${sandbox.adminToken}`,
          ...headers,
          ...(body === undefined ? {} : { 'content-length': body.length }),
        },
        signal: AbortSignal.timeout(DEADLINE_MS),
      },
      response => {
        const chunks: Buffer[] = []
        const answer = () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
        // A watch goes on; that it began is all there is to know.
        const endless = /[?&](watch|follow)=|\/watch\//.test(path) && response.statusCode === 200
        if (endless) {
          answer()
          response.destroy()
          return
        }
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', answer)
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Bytes that are no HTTP, after a handshake and before one. The server may close the connection, and must go on. */
async function rawBytes({ url, ca }: Sandbox, random: Random): Promise<void> {
  const { port } = new URL(url)
  const socket = connect({ host: '127.0.0.1', port: Number(port), ca })
  const bytes = Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)))
  await new Promise<void>((resolve, reject) => {
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    // An answer that nobody reads keeps the connection open.
    socket.resume()
    socket.setTimeout(DEADLINE_MS, () => reject(new Error('a connection with bytes that are no HTTP stays open')))
    socket.on('secureConnect', () => {
      socket.write(random.chance(0.5) ? bytes : `GET /${bytes.toString('latin1')} HTTP/1.1\r\n\r\n`, 'latin1')
      socket.end()
    })
  })
}
