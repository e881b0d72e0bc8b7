import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { Agent } from 'undici'
import { type Sandbox, startSandbox } from './sandbox.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

const APPLY = 'application/apply-patch+yaml'
const MERGE = 'application/merge-patch+json'

function client(sandbox: Sandbox, user?: string) {
  const agent = new Agent({ connect: { ca: sandbox.ca } })
  return async (method: string, target: string, body?: unknown, type = 'application/json'): Promise<Answer> => {
    const answer = await agent.request({
      origin: sandbox.url,
      path: target,
      method: method as 'GET',
      headers: {
        authorization: `Bearer ${sandbox.adminToken}`,
        'content-type': type,
        ...(user === undefined ? {} : { 'impersonate-user': user }),
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, headers: answer.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
  }
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 200; round++) {
    const value = await read()
    if (value !== undefined) return value
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error('it did not come to pass')
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
})

describe('the embedded API server', () => {
  let sandbox: Sandbox
  let send: ReturnType<typeof client>
  before(async () => {
    sandbox = await startSandbox({ workloads: false })
    send = client(sandbox)
  })
  after(() => sandbox.stop())

  test('objects are created, read, changed under an optimistic lock, and deleted', async () => {
    const created = await send('POST', configMaps, configMap('a'))
    assert.equal(created.status, 201)
    assert.equal((await send('POST', configMaps, configMap('a'))).body.reason, 'AlreadyExists')
    const { resourceVersion } = created.body.metadata
    assert.equal((await send('PUT', `${configMaps}/a`, { ...created.body, data: { x: '1' } })).status, 200)
    const late = await send('PUT', `${configMaps}/a`, configMap('a', { resourceVersion }))
    assert.equal(late.status, 409)
    assert.match(late.body.message, /the object has been modified; please apply your changes to the latest version/)
    assert.equal((await send('DELETE', `${configMaps}/a`)).body.status, 'Success')
    assert.equal((await send('GET', `${configMaps}/a`)).body.message, 'configmaps "a" not found')
  })

  test('managers that apply own their fields, and conflicts name them', async () => {
    const config = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {x: "${value}"}\n`
    const target = `${configMaps}/owned`
    assert.equal((await send('PATCH', `${target}?fieldManager=one`, config('1'), APPLY)).status, 201)
    const refused = await send('PATCH', `${target}?fieldManager=two`, config('2'), APPLY)
    assert.equal(refused.status, 409)
    assert.equal(refused.body.message, 'Apply failed with 1 conflict: conflict with "one": .data.x')
    const forced = await send('PATCH', `${target}?fieldManager=two&force=true`, config('2'), APPLY)
    const [entry] = forced.body.metadata.managedFields
    assert.deepEqual(
      { ...entry, time: '' },
      load(
        `{manager: two, operation: Apply, apiVersion: v1, time: '', fieldsType: FieldsV1, fieldsV1: {"f:data": {"f:x": {}}}}`,
      ),
    )
  })

  test('a dry run answers like the real thing and changes nothing', async () => {
    assert.equal((await send('POST', `${configMaps}?dryRun=All`, configMap('dry'))).status, 201)
    assert.equal((await send('GET', `${configMaps}/dry`)).status, 404)
  })

  test('unknown fields are refused, warned of, or ignored', async () => {
    const body = { ...configMap('fields'), more: 1 }
    const strict = await send('POST', `${configMaps}?fieldValidation=Strict`, body)
    assert.match(strict.body.message, /strict decoding error: unknown field "more"$/)
    const warned = await send('POST', `${configMaps}?dryRun=All`, body)
    assert.equal(warned.headers['warning'], '299 - "unknown field \\"more\\""')
    const ignored = await send('POST', `${configMaps}?fieldValidation=Ignore&dryRun=All`, body)
    assert.equal(ignored.headers['warning'], undefined)
  })

  test('lists come in pages of one revision', async () => {
    const secrets = '/api/v1/namespaces/default/secrets'
    for (const name of ['a', 'b', 'c']) await send('POST', secrets, { metadata: { name } })
    const first = await send('GET', `${secrets}?limit=2`)
    assert.equal(first.body.metadata.remainingItemCount, 1)
    await send('POST', secrets, { metadata: { name: 'd' } })
    const second = await send('GET', `${secrets}?limit=2&continue=${first.body.metadata.continue}`)
    const names = [...first.body.items, ...second.body.items].map(item => item.metadata.name)
    assert.deepEqual(names, ['a', 'b', 'c'])
    sandbox.faults.compact()
    const late = await send('GET', `${secrets}?limit=2&continue=${first.body.metadata.continue}`)
    assert.equal(late.body.reason, 'Expired')
  })

  test('a watch streams what happens until it is dropped', async () => {
    const agent = new Agent({ connect: { ca: sandbox.ca } })
    const { body } = await agent.request({
      origin: sandbox.url,
      path: `${configMaps}?watch=true&labelSelector=watched&allowWatchBookmarks=true`,
      method: 'GET',
      headers: { authorization: `Bearer ${sandbox.adminToken}` },
    })
    await send('POST', configMaps, configMap('w', { labels: { watched: 'yes' } }))
    await send('PATCH', `${configMaps}/w`, { metadata: { labels: { watched: null } } }, MERGE)
    assert.equal(sandbox.faults.dropWatches({ resource: 'configmaps' }), 1)
    const events = (await body.text())
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      events.map(event => `${event.type} ${event.object.metadata.name ?? ''}`.trim()),
      ['BOOKMARK', 'ADDED w', 'DELETED w'],
    )
  })

  test('a watch from a version that is forgotten is told so', async () => {
    sandbox.faults.compact()
    const { body } = await send('GET', `${configMaps}?watch=true&resourceVersion=2&timeoutSeconds=1`)
    assert.deepEqual([body.type, body.object.code, body.object.reason], ['ERROR', 410, 'Expired'])
  })

  test('dependents go with their owner, after it, before it, or not at all', async () => {
    const family = async (name: string, policy: string) => {
      const owner = await send('POST', configMaps, configMap(name))
      const reference = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name,
        uid: owner.body.metadata.uid,
        blockOwnerDeletion: true,
      }
      await send('POST', configMaps, configMap(`${name}-child`, { ownerReferences: [reference] }))
      await send('DELETE', `${configMaps}/${name}`, { propagationPolicy: policy })
      await until(async () => ((await send('GET', `${configMaps}/${name}`)).status === 404 ? true : undefined))
    }
    const gone = (name: string) =>
      until(async () => ((await send('GET', `${configMaps}/${name}`)).status === 404 ? true : undefined))
    await family('background', 'Background')
    await gone('background-child')
    await family('foreground', 'Foreground')
    assert.equal((await send('GET', `${configMaps}/foreground-child`)).status, 404)
    await family('orphan', 'Orphan')
    const left = await send('GET', `${configMaps}/orphan-child`)
    assert.equal(left.body.metadata.ownerReferences, undefined)
  })

  test('a namespace is furnished, and takes everything along when it goes', async () => {
    await send('POST', '/api/v1/namespaces', { metadata: { name: 'short' } })
    await until(async () =>
      (await send('GET', '/api/v1/namespaces/short/serviceaccounts/default')).status === 200 ? true : undefined,
    )
    const held = configMap('held', { finalizers: ['example.com/hold'] })
    await send('POST', '/api/v1/namespaces/short/configmaps', held)
    assert.equal((await send('DELETE', '/api/v1/namespaces/short')).body.status.phase, 'Terminating')
    const refused = await send('POST', '/api/v1/namespaces/short/configmaps', configMap('late'))
    assert.equal(refused.body.details.causes[0].reason, 'NamespaceTerminating')
    await until(async () => {
      const { body } = await send('GET', '/api/v1/namespaces/short/configmaps/held')
      return body.metadata.deletionTimestamp === undefined ? undefined : true
    })
    await send('PATCH', '/api/v1/namespaces/short/configmaps/held', { metadata: { finalizers: null } }, MERGE)
    await until(async () => ((await send('GET', '/api/v1/namespaces/short')).status === 404 ? true : undefined))
  })

  test('custom resources are served as soon as they are defined', async () => {
    const definition = load(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {n: {type: integer, default: 1}}}}}}
`)
    assert.equal(
      (await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)).status,
      201,
    )
    const things = '/apis/example.com/v1/namespaces/default/things'
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: {}, status: { x: 1 } }
    const created = await send('POST', things, thing)
    assert.deepEqual(
      [created.body.spec, created.body.status, created.body.metadata.generation],
      [{ n: 1 }, undefined, 1],
    )
    await until(async () => {
      const { body } = await send('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com')
      const { conditions } = body.status
      return conditions?.some(
        (one: { type: string; status: string }) => one.type === 'Established' && one.status === 'True',
      )
        ? true
        : undefined
    })
    await send('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com')
    await until(async () => ((await send('GET', things)).status === 404 ? true : undefined))
  })

  test('users may do what roles allow them, and nothing else', async () => {
    const jane = client(sandbox, 'jane')
    assert.equal(
      (await jane('GET', configMaps)).body.message,
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    )
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    const subjects = [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
    await send('POST', `${rbac}/rolebindings`, { metadata: { name: 'jane' }, roleRef, subjects })
    await until(async () => ((await jane('GET', configMaps)).status === 200 ? true : undefined))
    assert.equal((await jane('POST', configMaps, configMap('hers'))).status, 403)
    assert.equal((await jane('GET', '/api/v1/namespaces/default/secrets')).status, 403)
  })

  test('faults delay, refuse and cut requests, as often as they are told', async () => {
    sandbox.faults.inject({ verb: 'list', resource: 'configmaps', status: 429, retryAfter: 3, times: 1 })
    const refused = await send('GET', configMaps)
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '3'])
    assert.equal((await send('GET', configMaps)).status, 200)
    const stop = sandbox.faults.inject({ resource: 'configmaps', reset: true })
    await assert.rejects(send('GET', configMaps))
    stop()
    await sandbox.faults.restart()
    assert.equal((await send('GET', configMaps)).status, 200)
  })

  test('no request gets anything but an answer, and none breaks the server', async () => {
    const word = fc.constantFrom(
      'api',
      'apis',
      'v1',
      'apps',
      'namespaces',
      'default',
      'configmaps',
      'deployments',
      'a',
      'scale',
      'status',
      '%00',
      '..',
      '',
    )
    const target = fc.array(word, { maxLength: 8 }).map(words => `/${words.join('/')}`)
    const query = fc.constantFrom(
      '',
      '?watch=true&timeoutSeconds=1&resourceVersion=x',
      '?limit=-1',
      '?dryRun=x',
      '?fieldSelector=%3D%3D',
      '?continue=eyJ',
    )
    const type = fc.constantFrom(
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      APPLY,
      MERGE,
      'application/json-patch+json',
      'application/strategic-merge-patch+json',
      'x',
    )
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array().map(bytes => `k8s\0${Buffer.from(bytes).toString('latin1')}`),
      fc.json().map(text => `{"apiVersion":"v1","kind":"ConfigMap","metadata":${text},"data":${text}}`),
      fc.json().map(text => `[{"op":"add","path":"/metadata","value":${text}}]`),
    )
    const method = fc.constantFrom('POST', 'PUT', 'PATCH')
    await fc.assert(
      fc.asyncProperty(method, target, query, type, body, async (verb, where, asked, media, text) => {
        const { status } = await send(verb, where + asked, text, media)
        assert.ok(status < 500 || media === APPLY, `${verb} ${where}${asked} ${media} ${text}: ${status}`)
      }),
      { numRuns: 300 },
    )
    assert.equal((await send('GET', '/readyz')).body, 'ok')
  })
})

test('a data file keeps objects, certificates and tokens over a restart', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'))
  const dataFile = path.join(folder, 'data.db')
  const first = await startSandbox({ dataFile, workloads: false })
  const created = await client(first)('POST', configMaps, configMap('kept'))
  await first.stop()
  const second = await startSandbox({ dataFile, workloads: false })
  assert.deepEqual([second.ca, second.adminToken], [first.ca, first.adminToken])
  const read = await client(second)('GET', `${configMaps}/kept`)
  assert.deepEqual(read.body, created.body)
  const later = await client(second)('POST', configMaps, configMap('later'))
  assert.ok(Number(later.body.metadata.resourceVersion) > Number(created.body.metadata.resourceVersion))
  await second.stop()
  rmSync(folder, { recursive: true })
})
