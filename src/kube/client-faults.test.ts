import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import {
  cut,
  hang,
  json,
  pieces,
  type ScriptedServer,
  serveConfigMaps,
  startScriptedServer,
  status,
} from '../../test/support/scripted-server.ts'
import type { Clock } from '../manifest/clock.ts'
import { connectCluster } from './client.ts'
import type { KubeClient } from './client-types.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const ref = { ...CONFIG_MAP, namespace: 'n', name: 'x' }
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'n', resourceVersion: '7' } }
const manager = { fieldManager: 'test' }
const ONE = 'GET /api/v1/namespaces/n/configmaps/x'

let server: ScriptedServer
let client: KubeClient
let waits: number[]

/** Notes how long was waited for, and waits no time at all. */
const hasty: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(milliseconds, task) {
    waits.push(milliseconds)
    const timer = setImmediate(task)
    return () => clearImmediate(timer)
  },
}

beforeEach(async () => {
  waits = []
  server = await startScriptedServer()
  serveConfigMaps(server)
  client = connectCluster(
    { name: 'test', server: server.url, namespace: 'default', login: { type: 'none' } },
    { clock: hasty, env: {} },
  )
})

afterEach(async () => {
  await client.close()
  await server.stop()
})

const asked = (line: string) => server.log.filter(one => one === line).length

test('429 is waited for as long as the server says', async () => {
  const busy = status(429, 'TooManyRequests', 'slow down', { 'retry-after': '3' })
  server.on(ONE, busy, busy, json(object))
  assert.equal((await client.get(ref))?.metadata.name, 'x')
  assert.equal(waits.length, 2)
  assert.ok(waits.every(wait => wait >= 3000 && wait < 3200))
})

test('a 429 storm ends with the error of the server', async () => {
  server.on(ONE, status(429, 'TooManyRequests', 'slow down'))
  await assert.rejects(client.get(ref), { code: 429, reason: 'TooManyRequests' })
  assert.equal(asked(ONE), 10)
})

test('reads are tried again after 5xx and cut connections', async () => {
  server.on(ONE, status(500, 'InternalError', 'oops'), cut(), cut('{"kind":'), json(object))
  assert.equal((await client.get(ref))?.metadata.name, 'x')
  assert.equal(asked(ONE), 4)
})

test('a create whose outcome is unknown is not sent twice', async () => {
  const line = 'POST /api/v1/namespaces/n/configmaps?fieldManager=test'
  server.on(line, cut())
  await assert.rejects(client.create(object, manager), { code: 0, reason: 'Unreachable' })
  assert.equal(asked(line), 1)
})

test('an apply is sent again, but not when the server answers with a failed webhook', async () => {
  const line = 'PATCH /api/v1/namespaces/n/configmaps/x?fieldManager=test'
  server.on(line, cut(), status(503, 'ServiceUnavailable', 'starting'), json(object))
  assert.equal((await client.apply(object, manager)).metadata.resourceVersion, '7')
  server.on(line, status(500, 'InternalError', 'failed calling webhook "x"'))
  await assert.rejects(client.apply(object, manager), { code: 500 })
  assert.equal(asked(line), 4)
})

test('what is no Status is told with its beginning', async () => {
  server.on(ONE, (_request, response) => {
    response.writeHead(403, { 'content-type': 'text/html' }).end('<html><h1>Blocked</h1> by the\nproxy</html>')
  })
  await assert.rejects(client.get(ref), {
    code: 403,
    reason: 'Forbidden',
    message: `GET ${server.url}/api/v1/namespaces/n/configmaps/x: the server answered 403: Blocked by the proxy`,
  })
  server.on(ONE, pieces('<html>login</html>'))
  await assert.rejects(client.get(ref), /the answer is no JSON; is this a Kubernetes API server\?/)
})

test('a server that is not there is named, with what to look at', async () => {
  await server.stop()
  await assert.rejects(client.get(ref), {
    code: 0,
    reason: 'Unreachable',
    message: new RegExp(`^GET ${server.url}/apis?: .*ECONNREFUSED.* \\(is the API server running, .*\\)$`),
  })
})

test('warnings of the server reach who caused them', async () => {
  const header = '299 - "unknown field \\"spec.x\\"", 299 - "deprecated"'
  server.on(/^PATCH/, json(object, { warning: header }))
  const warnings: string[] = []
  await client.apply(object, { ...manager, onWarning: text => warnings.push(text) })
  assert.deepEqual(warnings, ['unknown field "spec.x"', 'deprecated'])
})

test('a list whose pages expire is read again in one piece', async () => {
  const list = (name: string, metadata: object) =>
    json({ kind: 'ConfigMapList', items: [{ metadata: { name } }], metadata })
  server.on('GET /api/v1/configmaps?limit=500', list('a', { continue: 'c', resourceVersion: '1' }))
  server.on('GET /api/v1/configmaps?limit=500&continue=c', status(410, 'Expired', 'too old'))
  server.on('GET /api/v1/configmaps', list('b', { resourceVersion: '2' }))
  const objects = await client.list(CONFIG_MAP)
  assert.deepEqual(objects, [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }])
})

test('int64 beyond 2^53 is written in full', async () => {
  let sent = ''
  server.on(/^PATCH/, (request, response, body) => {
    sent = body
    json(object)(request, response, body)
  })
  await client.apply({ ...object, data: { big: 9007199254740993n } }, manager)
  assert.match(sent, /"big":9007199254740993}/)
})

test('a watch breaks with an error on half a line, on nonsense and on silence', async () => {
  const event = '{"type":"ADDED","object":{"metadata":{"name":"ä"}}}\n'
  const watch = async () => {
    const seen: string[] = []
    const run = async () => {
      for await (const { object } of client.watch(CONFIG_MAP, { silence: 1500 })) seen.push(object.metadata.name)
    }
    const error = await run().then(
      () => 'ended',
      error => error,
    )
    return { seen, error }
  }
  const line = 'GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true'
  server.on(line, pieces(event.slice(0, 20), event.slice(20), event))
  assert.deepEqual(await watch(), { seen: ['ä', 'ä'], error: 'ended' })
  for (const [answer, message] of [
    [pieces(event, '{"type":"ADD'), /ended in the middle of an event/],
    [pieces(event, 'what?\n'), /WATCH .*JSON/],
    [cut(event), /WATCH/],
    [hang(event), /Body Timeout/],
  ] as const) {
    server.on(line, answer)
    const { seen, error } = await watch()
    assert.deepEqual(seen, ['ä'])
    assert.equal(error.reason, 'Unreachable')
    assert.match(error.message, message)
  }
  server.on(
    line,
    pieces('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n'),
  )
  assert.equal((await watch()).error.code, 410)
})

test('logs come line by line', async () => {
  server.on('GET /api/v1/namespaces/n/pods/p/log?follow=true&tailLines=10', pieces('one\ntw', 'o\nthree'))
  const lines: string[] = []
  for await (const line of client.logs({ namespace: 'n', name: 'p' }, { follow: true, tailLines: 10 })) lines.push(line)
  assert.deepEqual(lines, ['one', 'two', 'three'])
})

test('connections are kept alive', async () => {
  const sockets = new Set<unknown>()
  server.on(ONE, (request, response, body) => {
    sockets.add(request.socket)
    json(object)(request, response, body)
  })
  for (let index = 0; index < 20; index++) await client.get(ref)
  // Discovery asked two questions at once.
  assert.ok(sockets.size <= 2)
})
