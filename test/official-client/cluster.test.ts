import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiException,
  ApiextensionsV1Api,
  ApisApi,
  type ApiType,
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  ListWatch,
  NetworkingV1Api,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1APIResourceList,
  V1MicroTime,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { ApiError } from '../../src/kube/cluster.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { runElection } from '../../src/kube/leader.ts'
import { readLease } from '../../src/kube/lease.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import { apiVersionOf, type KubeObject } from '../../src/manifest/object.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'

/* This client and the official one on the same cluster: what they tell of it must not differ. */
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const LEASE = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' }
const namespace = 'default'
const manager = { fieldManager: 'm' }
let sandbox: Sandbox
let client: KubeClient
let config: KubeConfig
let objects: KubernetesObjectApi

before(async () => {
  sandbox = await startSandbox()
  client = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox')))
  config = new KubeConfig()
  config.loadFromString(sandbox.kubeconfig())
  objects = KubernetesObjectApi.makeApiClient(config)
})

after(async () => {
  await client.close()
  await sandbox.stop()
})

/** An object for both clients, whose types differ in what only a server sets. */
const configMap = (name: string, data: object = {}): KubeObject & KubernetesObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { own: name } }, data }) as KubeObject &
    KubernetesObject

test('discovery finds the same kinds', async () => {
  const groups = (await config.makeApiClient(ApisApi).getAPIVersions()).groups
  const versions = groups.flatMap(group => group.versions.map(version => version.groupVersion))
  const found = await client.resources()
  assert.deepEqual(
    [...new Set(found.map(apiVersionOf))].toSorted(),
    ['v1', ...versions].toSorted(),
    'groups and versions',
  )
  const lists = await Promise.all(
    [
      CoreV1Api,
      AppsV1Api,
      BatchV1Api,
      CoordinationV1Api,
      NetworkingV1Api,
      RbacAuthorizationV1Api,
      ApiextensionsV1Api,
    ].map(api =>
      config.makeApiClient<{ getAPIResources(): Promise<V1APIResourceList> } & ApiType>(api).getAPIResources(),
    ),
  )
  for (const { groupVersion, resources } of lists) {
    const shape = (name: string, kind: string, namespaced: boolean, verbs: readonly string[]) =>
      `${name} ${kind} ${namespaced} ${verbs.toSorted()}`
    const theirs = resources
      .filter(resource => !resource.name.includes('/'))
      .map(resource => shape(resource.name, resource.kind, resource.namespaced, resource.verbs))
    const ours = found
      .filter(resource => apiVersionOf(resource) === groupVersion)
      .map(resource => shape(resource.plural, resource.kind, resource.namespaced, resource.verbs))
    assert.deepEqual(ours.toSorted(), theirs.toSorted(), groupVersion)
  }
  assert.equal(await client.version(), (await config.makeApiClient(VersionApi).getCode()).gitVersion)
})

interface Failure {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details: unknown
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  )
  if (error instanceof ApiError) {
    const { code, reason, message, details } = error
    return { code, reason, message, details }
  }
  assert.ok(error instanceof ApiException, String(error))
  // The generated clients leave the body as text where the specification knows no answer of this code.
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  const { reason, message, details } = JSON.parse(JSON.stringify(body)) as Failure
  return { code: error.code, reason, message, details }
}

test('failures say the same', async () => {
  await client.create(configMap('taken', { a: '1' }), manager)
  await client.apply(configMap('owned', { a: '1' }), { fieldManager: 'owner' })
  const stale = { ...configMap('taken'), metadata: { name: 'taken', namespace, resourceVersion: '1' } }
  const invalid = configMap('Not_A_Name')
  const homeless = { ...configMap('x'), metadata: { name: 'x', namespace: 'nowhere' } }
  const taken = configMap('taken')
  const conflicting = configMap('owned', { a: '2' })
  const { ServerSideApply, JsonPatch, MergePatch } = PatchStrategy
  const cases: readonly [string, number, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['exists', 409, () => objects.create(taken), () => client.create(taken, manager)],
    ['stale', 409, () => objects.replace(stale), () => client.update(stale, manager)],
    ['invalid', 422, () => objects.create(invalid), () => client.create(invalid, manager)],
    ['no such namespace', 404, () => objects.create(homeless), () => client.create(homeless, manager)],
    [
      'wrong type',
      422,
      () => patchAsGiven('taken', { data: 'text' }, MergePatch),
      () => client.patch({ ...CONFIG_MAP, namespace, name: 'taken' }, { data: 'text' }, { ...manager, type: 'merge' }),
    ],
    ['gone', 404, () => objects.replace(configMap('gone')), () => client.update(configMap('gone'), manager)],
    [
      'field of another manager',
      409,
      () => objects.patch(conflicting, undefined, undefined, 'm', undefined, ServerSideApply),
      () => client.apply(conflicting, manager),
    ],
    [
      'patch that does not apply',
      422,
      () => patchAsGiven('taken', [{ op: 'remove', path: '/data/none' }], JsonPatch),
      () =>
        client.patch({ ...CONFIG_MAP, namespace, name: 'taken' }, [{ op: 'remove', path: '/data/none' }], {
          ...manager,
          type: 'json',
        }),
    ],
  ]
  for (const [name, code, theirs, ours] of cases) {
    const [expected, failure] = await Promise.all([failureOf(theirs()), failureOf(ours())])
    assert.deepEqual(failure, expected, name)
    assert.equal(failure.code, code, name)
  }
  await Promise.all(['taken', 'owned'].map(name => client.delete({ ...CONFIG_MAP, namespace, name })))
})

/** The object client of the official library takes whole objects only. */
function patchAsGiven(name: string, body: object, strategy: PatchStrategy): Promise<unknown> {
  const api = config.makeApiClient(CoreV1Api)
  return api.patchNamespacedConfigMap({ name, namespace, body }, setHeaderOptions('Content-Type', strategy))
}

test('who may not, is told the same', async () => {
  const stranger = sandbox.kubeconfig({ username: 'stranger' })
  const theirConfig = new KubeConfig()
  theirConfig.loadFromString(stranger)
  const ours = connectCluster(connectionOf(parseKubeconfig(stranger, 'sandbox')))
  try {
    const expected = await failureOf(theirConfig.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace }))
    const secrets = { group: '', version: 'v1', kind: 'Secret' }
    assert.deepEqual(await failureOf(ours.list(secrets, { namespace })), expected)
    assert.equal(expected.code, 403)
  } finally {
    await ours.close()
  }
})

test('a lease of ours is one for the official client, and the reverse', async () => {
  const leases = config.makeApiClient(CoordinationV1Api)
  const { promise: leading, resolve } = Promise.withResolvers<void>()
  const election = runElection(client, {
    namespace,
    name: 'election',
    identity: 'one',
    fieldManager: 'm',
    onLead: () => resolve(),
  })
  await leading
  const lease = await leases.readNamespacedLease({ name: 'election', namespace })
  assert.equal(lease.spec?.holderIdentity, 'one')
  assert.equal(lease.spec?.leaseTransitions, 0)
  assert.ok((lease.spec?.leaseDurationSeconds ?? 0) > 0)
  const record = readLease((await client.get({ ...LEASE, namespace, name: 'election' }))!)
  assert.equal(new Date(lease.spec?.renewTime ?? 0).getTime(), record.renewed)
  assert.equal(new Date(lease.spec?.acquireTime ?? 0).getTime(), record.acquired)
  await election.stop()

  const acquireTime = new V1MicroTime('2026-01-02T03:04:05.678Z')
  await leases.createNamespacedLease({
    namespace,
    body: {
      metadata: { name: 'theirs' },
      spec: {
        holderIdentity: 'two',
        leaseDurationSeconds: 15,
        acquireTime,
        renewTime: acquireTime,
        leaseTransitions: 3,
      },
    },
  })
  const time = acquireTime.getTime()
  assert.deepEqual(readLease((await client.get({ ...LEASE, namespace, name: 'theirs' }))!), {
    holder: 'two',
    durationSeconds: 15,
    acquired: time,
    renewed: time,
    transitions: 3,
  })
})

/** What both informers told, by object, and a way to wait until they told enough. */
function bothInformers(labelSelector: string) {
  const theirs: string[] = []
  const ours: string[] = []
  let waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = []
  type Told = { readonly metadata?: { readonly name?: string }; readonly data?: unknown }
  const tell =
    (list: string[]) =>
    (event: string, { metadata, data = {} }: Told) => {
      list.push(`${metadata?.name}: ${event} ${JSON.stringify(data)}`)
      waiting = waiting.filter(one => !one.holds() || void one.resolve())
    }
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  let lists = 0
  const list = () => {
    lists++
    return config.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace, labelSelector })
  }
  // Its own pause before it connects anew would only make the test longer.
  const official = new ListWatch(path, new Watch(config), list, false, labelSelector, undefined, {
    delayFn: async () => {},
  })
  for (const event of ['add', 'update', 'delete'] as const) official.on(event, object => tell(theirs)(event, object))
  let broken: (() => void) | undefined
  // It stops at an error; its manual says to start it again.
  official.on('error', () => broken?.())
  const words = { added: 'add', modified: 'update', deleted: 'delete' } as const
  const own = watchResource(client, CONFIG_MAP, {
    namespace,
    labelSelector,
    backoff: { base: 5, limit: 50 },
    onChange: ({ type, object }) => tell(ours)(words[type], object),
  })
  const until = (count: number) => {
    const holds = () => theirs.length >= count && ours.length >= count
    return holds() ? Promise.resolve() : new Promise<void>(resolve => waiting.push({ holds, resolve }))
  }
  return {
    official,
    /** How often the official informer had to list. */
    lists: () => lists,
    until,
    start: () => Promise.all([official.start(), own.synced]),
    /** Resolves when the official informer gave up. */
    broken: () => new Promise<void>(resolve => (broken = resolve)),
    /** By object, as only the order of one object's changes is promised. */
    told: () => [ours, theirs].map(list => ({ ...Object.groupBy(list, line => line.split(':')[0] ?? '') })),
    async stop() {
      own.close()
      await official.stop()
    },
  }
}

test('informers tell the same changes', async () => {
  const labelSelector = 'informer=one'
  const labelled = (name: string, data = {}) => ({
    ...configMap(name, data),
    metadata: { name, namespace, labels: { informer: 'one' } },
  })
  const ref = (name: string) => ({ ...CONFIG_MAP, namespace, name })
  await client.create(labelled('a'), manager)
  const { start, until, told, stop } = bothInformers(labelSelector)
  try {
    await start()
    await until(1)
    await client.create(labelled('b'), manager)
    await client.patch(ref('b'), { data: { x: '1' } }, { ...manager, type: 'merge' })
    await client.patch(ref('a'), { metadata: { labels: { informer: null } } }, { ...manager, type: 'merge' })
    await client.delete(ref('b'))
    await client.create(labelled('b', { again: 'yes' }), manager)
    await until(6)
    const [ours, theirs] = told()
    assert.deepEqual(ours, theirs)
    assert.deepEqual(ours, {
      a: ['a: add {}', 'a: delete {}'],
      b: ['b: add {}', 'b: update {"x":"1"}', 'b: delete {"x":"1"}', 'b: add {"again":"yes"}'],
    })
  } finally {
    await stop()
  }
})

for (const { own, name, fault, expected } of [
  { own: 'expired', name: 'the versions have expired (410)', fault: () => sandbox.faults.compact(), expected: 2 },
  { own: 'restarted', name: 'the server was restarted', fault: () => sandbox.faults.restart(1), expected: 1 },
])
  test(`informers catch up with the same changes after ${name}`, async () => {
    const labelled = (object: string, data = {}) => ({
      ...configMap(`${own}-${object}`, data),
      metadata: { name: `${own}-${object}`, namespace, labels: { informer: own } },
    })
    await client.create(labelled('a'), manager)
    await client.create(labelled('b'), manager)
    const { official, lists, start, until, told, stop, broken } = bothInformers(`informer=${own}`)
    try {
      await start()
      await until(2)
      // Both are kept away while the objects change.
      const away = broken()
      const open = sandbox.faults.inject({ verb: 'watch', resource: 'configmaps', status: 503 })
      sandbox.faults.dropWatches({ cut: true })
      await away
      await client.patch(
        { ...CONFIG_MAP, namespace, name: `${own}-a` },
        { data: { x: '1' } },
        { ...manager, type: 'merge' },
      )
      await client.delete({ ...CONFIG_MAP, namespace, name: `${own}-b` })
      await client.create(labelled('c'), manager)
      await fault()
      open()
      await official.start()
      await until(5)
      const [ours, theirs] = told()
      assert.deepEqual(ours, theirs)
      assert.deepEqual(ours, {
        [`${own}-a`]: [`${own}-a: add {}`, `${own}-a: update {"x":"1"}`],
        [`${own}-b`]: [`${own}-b: add {}`, `${own}-b: delete {}`],
        [`${own}-c`]: [`${own}-c: add {}`],
      })
      assert.equal(lists(), expected)
    } finally {
      await stop()
    }
  })
