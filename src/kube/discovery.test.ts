import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../manifest/json.ts'
import { drivenClock } from '../sandbox/clock.ts'
import { ApiError } from './cluster.ts'
import { createDiscovery } from './discovery.ts'

const missing = () =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' })
const WIDGET = { group: 'example.com', version: 'v1', kind: 'Widget' }

/** A server as a map from path to document. */
function serve(documents: Record<string, JsonValue>) {
  const log: string[] = []
  const clock = drivenClock(0)
  const discovery = createDiscovery(async path => {
    log.push(path)
    const document = documents[path]
    if (document === undefined) throw missing()
    return document
  }, clock)
  return { discovery, log, clock, documents }
}

const aggregated = (name: string, resources: JsonValue): JsonValue => ({
  kind: 'APIGroupDiscoveryList',
  items: [{ metadata: { name }, versions: [{ version: 'v1', resources }] }],
})
const widgets = {
  kind: 'APIResourceList',
  groupVersion: 'example.com/v1',
  resources: [
    { name: 'widgets', kind: 'Widget', namespaced: true, verbs: ['get'], shortNames: ['w'] },
    { name: 'widgets/status', kind: 'Widget', namespaced: true, verbs: ['get'] },
  ],
}

test('aggregated discovery takes two requests', async () => {
  const { discovery, log } = serve({
    '/api': aggregated('', [
      {
        resource: 'pods',
        responseKind: { group: '', version: 'v1', kind: 'Pod' },
        scope: 'Namespaced',
        verbs: ['get', 'list'],
        categories: ['all'],
        shortNames: ['po'],
        subresources: [{ subresource: 'log' }, { subresource: 'status' }],
      },
    ]),
    '/apis': aggregated('apps', []),
  })
  assert.deepEqual(await discovery.resource({ group: '', version: 'v1', kind: 'Pod' }), {
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    namespaced: true,
    verbs: ['get', 'list'],
    categories: ['all'],
    shortNames: ['po'],
    subresources: ['log', 'status'],
  })
  assert.deepEqual(log, ['/api', '/apis'])
})

test('older servers are asked group by group; one that is down hides nothing else', async () => {
  const { discovery } = serve({
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        { name: 'down.example.com', versions: [{ version: 'v1' }] },
        { name: 'example.com', versions: [{ version: 'v1' }, { version: 'v2' }], preferredVersion: { version: 'v2' } },
      ],
    },
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
    '/apis/example.com/v1': widgets,
    '/apis/example.com/v2': { ...widgets, groupVersion: 'example.com/v2' },
  })
  const resources = await discovery.resources()
  assert.deepEqual(
    resources.map(one => `${one.version} ${one.plural} ${one.subresources}`),
    ['v2 widgets status', 'v1 widgets status'],
  )
})

test('a missing kind is looked for once by all who ask, and not again at once', async () => {
  const { discovery, log, clock, documents } = serve({ '/api': aggregated('', []), '/apis': aggregated('', []) })
  const ask = () => assert.rejects(discovery.resource(WIDGET), { reason: 'NoKindMatch', code: 404 })
  await Promise.all([ask(), ask(), ask()])
  await ask()
  assert.deepEqual(log, ['/api', '/apis', '/apis/example.com/v1'])
  documents['/apis/example.com/v1'] = widgets
  await ask()
  await clock.advance(200)
  assert.equal((await discovery.resource(WIDGET)).plural, 'widgets')
})

test('after an invalidation the group is asked for again at once', async () => {
  const { discovery, log, documents } = serve({ '/api': aggregated('', []), '/apis': aggregated('', []) })
  await assert.rejects(discovery.resource(WIDGET))
  documents['/apis/example.com/v1'] = widgets
  discovery.invalidate('example.com')
  assert.equal((await discovery.resource(WIDGET)).plural, 'widgets')
  delete documents['/apis/example.com/v1']
  discovery.invalidate('example.com')
  await assert.rejects(discovery.resource(WIDGET), { reason: 'NoKindMatch' })
  assert.equal(log.filter(path => path === '/apis').length, 1)
})
