import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestCluster, type TestCluster } from '../../test/support/test-cluster.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import type { KubeClient, RequestEvent } from './client-types.ts'
import { ApiError } from './cluster.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' }
const manager = { fieldManager: 'kube-test' }
const namespace = `kube-test-${process.pid}`
const requests: RequestEvent[] = []
let cluster: TestCluster
let client: KubeClient

const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels },
  data,
})
const refTo = (name: string): ObjectRef => ({ ...CONFIG_MAP, namespace, name })

before(async () => {
  cluster = await openTestCluster()
  client = cluster.connect({ onRequest: event => requests.push(event) })
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
})

after(async () => {
  await client.delete({ ...NAMESPACE, namespace: '', name: namespace })
  await cluster.stop()
})

test('create, get, update, patch, delete', async () => {
  assert.equal(await client.get(refTo('one')), undefined)
  const created = await client.create(configMap('one', { a: '1' }), manager)
  assert.deepEqual(created['data'], { a: '1' })
  const updated = await client.update({ ...created, data: { a: '2' } }, manager)
  assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion)
  await assert.rejects(client.update({ ...created, data: {} }, manager), {
    name: 'ApiError',
    code: 409,
    reason: 'Conflict',
  })
  const patched = await client.patch(refTo('one'), { data: { a: null, b: '3' } }, { ...manager, type: 'merge' })
  assert.deepEqual(patched['data'], { b: '3' })
  await assert.rejects(client.delete(refTo('one'), { preconditions: { uid: 'another' } }), { code: 409 })
  const deleted = await client.delete(refTo('one'), { propagation: 'Background' })
  assert.equal(deleted?.metadata.name, 'one')
  assert.equal(await client.delete(refTo('one')), undefined)
  assert.equal(await client.get(refTo('one')), undefined)
})

test('server-side apply creates and updates; a dry run changes nothing', async () => {
  const applied = await client.apply(configMap('two', { a: '1' }), { ...manager, force: true })
  assert.equal(applied.metadata.managedFields?.[0]?.manager, 'kube-test')
  await assert.rejects(client.apply(configMap('two', { a: '9' }), { fieldManager: 'another' }), {
    code: 409,
    reason: 'Conflict',
    message: /^Apply failed with 2 conflicts: conflicts with "kube-test":\n- \.data\.a\n/,
  })
  const dry = await client.apply(configMap('two', { a: '2' }), { ...manager, dryRun: true })
  assert.deepEqual(dry['data'], { a: '2' })
  assert.deepEqual((await client.get(refTo('two')))?.['data'], { a: '1' })
})

test('list follows the pages and names the kind of each item', async () => {
  for (let index = 0; index < 7; index++) await client.create(configMap(`p${index}`, {}, { page: 'yes' }), manager)
  const first = await client.listPage(CONFIG_MAP, { namespace, labelSelector: 'page=yes', limit: 3 })
  assert.equal(first.items.length, 3)
  assert.notEqual(first.continue, undefined)
  const all = await client.list(CONFIG_MAP, { namespace, labelSelector: 'page in (yes)' })
  assert.deepEqual(
    all.map(object => `${object.apiVersion} ${object.kind} ${object.metadata.name}`),
    [0, 1, 2, 3, 4, 5, 6].map(index => `v1 ConfigMap p${index}`),
  )
  const one = await client.list(CONFIG_MAP, { namespace, fieldSelector: 'metadata.name=p3' })
  assert.equal(one.length, 1)
})

test('a watch tells changes from a version on', async () => {
  const { resourceVersion } = await client.listPage(CONFIG_MAP, { namespace, labelSelector: 'watch=yes' })
  await client.create(configMap('w', { a: '1' }, { watch: 'yes' }), manager)
  await client.patch(refTo('w'), { data: { a: '2' } }, { ...manager, type: 'merge' })
  await client.delete(refTo('w'))
  const seen: string[] = []
  for await (const { type, object } of client.watch(CONFIG_MAP, {
    namespace,
    labelSelector: 'watch=yes',
    resourceVersion,
  })) {
    if (type !== 'BOOKMARK') seen.push(`${type} ${object.metadata.name}`)
    if (type === 'DELETED') break
  }
  assert.deepEqual(seen, ['ADDED w', 'MODIFIED w', 'DELETED w'])
})

test('errors carry the status of the server', async () => {
  await assert.rejects(client.list({ group: 'none.example.com', version: 'v1', kind: 'Thing' }), {
    name: 'ApiError',
    code: 404,
    reason: 'NoKindMatch',
    message: 'no matches for kind "Thing" in version "none.example.com/v1"',
  })
  await assert.rejects(client.get({ ...CONFIG_MAP, namespace: '', name: 'x' }), { code: 400, reason: 'BadRequest' })
  await assert.rejects(client.patch(refTo('missing'), {}, { ...manager, type: 'merge' }), {
    code: 404,
    reason: 'NotFound',
  })
  await assert.rejects(client.raw('GET', '/nowhere'), { code: 404 })
  await client.create(configMap('three', {}), manager)
  await assert.rejects(client.create(configMap('three', {}), manager), { code: 409, reason: 'AlreadyExists' })
})

test('impersonation has the rights of the user', async () => {
  const jane = client.as({ username: 'jane', groups: ['nobody', 'guests'] })
  await assert.rejects(jane.get(refTo('three')), { code: 403, reason: 'Forbidden' })
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const answer = await jane.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: review })
  assert.match(JSON.stringify(answer), /"username":"jane","groups":\["nobody","guests"/)
})

test('a kind is found as soon as its definition is served, and lost with it', async () => {
  const kind = { group: `g${process.pid}.example.com`, version: 'v1', kind: 'Widget' }
  await assert.rejects(client.list(kind), { reason: 'NoKindMatch' })
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${kind.group}` },
    spec: {
      group: kind.group,
      names: { kind: 'Widget', plural: 'widgets' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  } as unknown as KubeObject
  await client.create(definition, manager)
  await eventually(async () => {
    client.invalidate(kind.group)
    assert.deepEqual(await client.list(kind), [])
  })
  await client.delete({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    namespace: '',
    name: definition.metadata.name,
  })
  await eventually(() => assert.rejects(client.list(kind), { reason: 'NoKindMatch' }))
})

test('every request is told with its verb, resource and code', async () => {
  requests.length = 0
  await client.get(refTo('three'))
  await client.get(refTo('missing'))
  assert.deepEqual(
    requests.map(({ verb, resource, code }) => ({ verb, resource, code })),
    [
      { verb: 'get', resource: 'configmaps', code: 200 },
      { verb: 'get', resource: 'configmaps', code: 404 },
    ],
  )
})

test('a table has the columns of kubectl get', async () => {
  const { columns, rows } = await client.table(CONFIG_MAP, { namespace, name: 'three' })
  assert.equal(columns[0]?.name, 'Name')
  assert.equal(rows[0]?.cells[0], 'three')
})

test('an aborted request rejects with the reason of its signal', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(client.list(CONFIG_MAP, { signal }), /enough/)
})

test('resources lists every version, and the server tells its own', async () => {
  const resources = await client.resources()
  const deployment = resources.find(one => one.group === 'apps' && one.kind === 'Deployment')
  assert.deepEqual([deployment?.plural, deployment?.namespaced, deployment?.version], ['deployments', true, 'v1'])
  assert.equal(deployment?.subresources.includes('status'), true)
  assert.match(await client.version(), /^v1\.\d+/)
})

/** Tries until it holds; the deadline is the test runner's. */
async function eventually(check: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check()
      return
    } catch (error) {
      if (tries > 200 || (error instanceof ApiError && error.code === 0)) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}
