import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestCluster, type TestCluster } from '../../test/support/test-cluster.ts'
import type { KubeObject } from '../manifest/object.ts'
import { drivenClock } from '../sandbox/clock.ts'
import type { KubeClient, RequestEvent } from './client-types.ts'
import { createInformers, metadataOnly, wholeObject } from './informers.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const manager = { fieldManager: 'informers-test' }
const namespace = `informers-test-${process.pid}`
const requests: RequestEvent[] = []
let cluster: TestCluster
let client: KubeClient

before(async () => {
  cluster = await openTestCluster()
  client = cluster.connect({ onRequest: event => requests.push(event) })
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
  await client.create(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace }, data: { x: '1' } },
    manager,
  )
})

after(async () => {
  await client.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
  await cluster.stop()
})

test('listeners of the same objects share one watch, which ends some time after the last', async () => {
  const clock = drivenClock()
  const informers = createInformers(client, { clock, definitions: false, linger: 1000 })
  const told: string[] = []
  const subscribe = (name: string) =>
    informers.subscribe(CONFIG_MAP, {
      namespace,
      fieldSelector: 'metadata.name=a',
      onChange: change => told.push(`${name}: ${change.type} ${change.object.metadata.name}`),
    })
  const first = subscribe('first')
  await first.synced
  const lists = requests.filter(one => one.verb === 'list').length
  const second = subscribe('second')
  await second.synced
  assert.deepEqual(told, ['first: added a', 'second: added a'])
  assert.equal(informers.size, 1)
  assert.equal(requests.filter(one => one.verb === 'list').length, lists)

  first.close()
  second.close()
  await clock.advance(999)
  const third = subscribe('third')
  await clock.advance(5000)
  assert.equal(third.list().length, 1)
  third.close()
  third.close()
  await clock.advance(1000)
  assert.equal(informers.size, 0)
  informers.close()
})

test('a view keeps less, and is a watch of its own', async () => {
  const informers = createInformers(client, { definitions: false })
  const [small, plain, whole] = [metadataOnly, undefined, wholeObject].map(view =>
    informers.subscribe(CONFIG_MAP, {
      namespace,
      fieldSelector: 'metadata.name=a',
      ...(view !== undefined && { view }),
    }),
  )
  await Promise.all([small?.synced, plain?.synced, whole?.synced])
  assert.equal(informers.size, 3)
  assert.equal(small?.get(namespace, 'a')?.['data'], undefined)
  assert.deepEqual(plain?.get(namespace, 'a')?.['data'], { x: '1' })
  assert.equal(plain?.get(namespace, 'a')?.metadata.managedFields, undefined)
  informers.close()
  await assert.doesNotReject(plain?.synced ?? Promise.resolve())
})

test('a kind is watched as soon as its definition comes', async () => {
  const group = `s${process.pid}.example.com`
  const informers = createInformers(client, { backoff: { base: 60_000, limit: 60_000 } })
  const added = Promise.withResolvers<string>()
  const gone = Promise.withResolvers<void>()
  let seen = false
  const subscription = informers.subscribe(
    { group, version: 'v1', kind: 'Thing' },
    {
      onChange: change => added.resolve(change.object.metadata.name),
      onState: state => {
        if (state.phase === 'watching') seen = true
        if (seen && state.phase === 'absent') gone.resolve()
      },
    },
  )
  await subscription.synced
  assert.equal(subscription.state.phase, 'absent')
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      names: { kind: 'Thing', plural: 'things' },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  } as unknown as KubeObject
  await client.create(definition, manager)
  const thing = { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 't' } }
  for (let made = false; !made; )
    made = await client.create(thing, manager).then(
      () => true,
      () => new Promise<boolean>(resolve => setTimeout(resolve, 50, false)),
    )
  assert.equal(await added.promise, 't')
  await client.delete({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    namespace: '',
    name: `things.${group}`,
  })
  await gone.promise
  assert.deepEqual(subscription.list(), [])
  informers.close()
})
