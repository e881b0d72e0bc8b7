import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestCluster, type TestCluster } from '../../test/support/test-cluster.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { KubeClient } from './client-types.ts'
import type { Change, Informer, InformerState } from './informer.ts'
import { watchResource } from './informer.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const DEFINITION = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }
const manager = { fieldManager: 'informer-test' }
const namespace = `informer-test-${process.pid}`
const quick = { base: 5, limit: 100 }
const real = process.env['LOCKSTEP_KUBECONFIG'] !== undefined
let cluster: TestCluster
let client: KubeClient
let count = 0

const configMap = (name: string, label: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { test: label } },
  data,
})
const refTo = (name: string) => ({ ...CONFIG_MAP, namespace, name })

before(async () => {
  cluster = await openTestCluster()
  client = cluster.connect()
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
})

after(async () => {
  await client.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
  await cluster.stop()
})

/** An informer on objects of a fresh label, with what it told and a way to wait for it. */
function observe(options: { readonly streamInitial?: boolean; readonly client?: KubeClient } = {}) {
  const label = `t${count++}`
  const changes: Change[] = []
  const states: InformerState['phase'][] = []
  let waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = []
  const check = () => {
    waiting = waiting.filter(one => !one.holds() || void one.resolve())
  }
  const informer: Informer = watchResource(options.client ?? client, CONFIG_MAP, {
    namespace,
    labelSelector: `test=${label}`,
    backoff: quick,
    ...(options.streamInitial && { streamInitial: true }),
    onChange: change => {
      changes.push(change)
      check()
    },
    onState: state => {
      states.push(state.phase)
      check()
    },
  })
  const until = (holds: () => boolean) =>
    holds() ? Promise.resolve() : new Promise<void>(resolve => waiting.push({ holds, resolve }))
  const told = () => changes.map(one => `${one.type} ${one.object.metadata.name}`)
  return { label, informer, changes, states, until, told }
}

for (const streamInitial of [false, true])
  test(`what is there, then each change (${streamInitial ? 'WatchList' : 'list'})`, async () => {
    const label = `t${count}`
    await client.create(configMap(`${label}-a`, label), manager)
    const { informer, changes, until, told } = observe({ streamInitial })
    await informer.synced
    assert.deepEqual(told(), [`added ${label}-a`])
    assert.equal(changes[0]?.type === 'added' && changes[0].initial, true)
    await client.create(configMap(`${label}-b`, label), manager)
    await client.patch(refTo(`${label}-b`), { data: { x: '1' } }, { ...manager, type: 'merge' })
    await client.delete(refTo(`${label}-a`))
    await until(() => changes.length >= 4)
    assert.deepEqual(told().slice(1), [`added ${label}-b`, `modified ${label}-b`, `deleted ${label}-a`])
    assert.deepEqual(informer.get(namespace, `${label}-b`)?.['data'], { x: '1' })
    assert.equal(informer.list().length, 1)
    informer.close()
    await until(() => informer.state.phase === 'closed')
  })

test('an object that leaves the selector is deleted for the watch', async () => {
  const { informer, changes, label, until, told } = observe()
  await informer.synced
  await client.create(configMap(`${label}-a`, label), manager)
  await client.patch(refTo(`${label}-a`), { metadata: { labels: { test: 'other' } } }, { ...manager, type: 'merge' })
  await until(() => changes.length === 2)
  assert.deepEqual(told(), [`added ${label}-a`, `deleted ${label}-a`])
  informer.close()
})

test('a list of several pages is one list', async () => {
  const label = `t${count}`
  const names = Array.from({ length: 620 }, (_, index) => `${label}-${index}`)
  await Promise.all(names.map(name => client.create(configMap(name, label), manager)))
  const { informer } = observe()
  await informer.synced
  assert.equal(informer.list().length, 620)
  informer.close()
})

test('a kind that is missing, comes and goes', async () => {
  const group = `i${process.pid}.example.com`
  const gvk = { group, version: 'v1', kind: 'Gadget' }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gadgets.${group}` },
    spec: {
      group,
      names: { kind: 'Gadget', plural: 'gadgets' },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  } as unknown as KubeObject
  let changed = Promise.withResolvers<void>()
  const told: string[] = []
  const note = (text: string) => {
    told.push(text)
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const informer = watchResource(client, gvk, {
    backoff: quick,
    onState: state => note(state.phase),
    onChange: change => note(`${change.type} ${change.object.metadata.name}`),
  })
  const until = async (text: string) => {
    while (told.at(-1) !== text) await changed.promise
  }
  await informer.synced
  assert.equal(informer.state.phase, 'absent')
  await client.create(definition, manager)
  informer.retry()
  await until('watching')
  await client.create({ apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name: 'g' } }, manager)
  await until('added g')
  await client.delete({ ...DEFINITION, namespace: '', name: `gadgets.${group}` })
  informer.retry()
  await until('absent')
  assert.deepEqual(informer.list(), [])
  assert.deepEqual(told, ['absent', 'watching', 'added g', 'deleted g', 'absent'])
  informer.close()
})

test('denied access is a state, not an error', async () => {
  const { informer, until } = observe({ client: client.as({ username: 'nobody' }) })
  await until(() => informer.state.phase === 'denied')
  assert.equal(informer.state.error?.reason, 'Forbidden')
  informer.close()
  await assert.rejects(informer.synced, /was closed before its first list/)
})

test('nothing is missed while watches drop, expire and the server restarts', { skip: real }, async () => {
  const faults = cluster.sandbox?.faults
  assert.ok(faults)
  const { informer, label, until, changes } = observe()
  await informer.synced
  const names = Array.from({ length: 10 }, (_, index) => `${label}-${index}`)
  for (const [index, name] of names.entries()) {
    await client.create(configMap(name, label), manager)
    if (index === 2) faults.dropWatches()
    if (index === 4) faults.dropWatches({ cut: true })
    if (index === 6) await faults.restart(20)
  }
  await until(() => informer.list().length === 10)

  // Deleted while nobody looked, with the history gone: told from the next list.
  const clear = faults.inject({ verb: 'watch', status: 503 })
  faults.dropWatches({ cut: true })
  await until(() => informer.state.phase === 'broken')
  await client.delete(refTo(`${label}-0`))
  await client.delete(refTo(`${label}-1`))
  await client.create(configMap(`${label}-1`, label, { again: 'yes' }), manager)
  faults.compact()
  clear()
  await until(() => informer.state.phase === 'watching' && informer.list().length === 9)
  const missed = changes.filter(one => one.type === 'deleted' && one.missed).map(one => one.object.metadata.name)
  assert.deepEqual(missed.sort(), [`${label}-0`, `${label}-1`])
  assert.deepEqual(informer.get(namespace, `${label}-1`)?.['data'], { again: 'yes' })
  informer.close()
})
