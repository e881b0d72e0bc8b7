import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../kube/cluster.ts'
import { type KubeObject, refOf } from '../manifest/object.ts'
import { describeOutcomes } from '../plan/describe.ts'
import { unknownView, viewOf } from '../plan/live-view.ts'
import { type PlanPolicy, plan } from '../plan/plan.ts'
import { type Applied, inventoryAfter } from './applied.ts'
import { apply } from './apply.ts'
import type { ApplyOptions } from './context.ts'
import { createFakeCluster, type FakeCluster } from './fake-cluster.ts'

const labels = { 'kustomize.toolkit.fluxcd.io/name': 'app', 'kustomize.toolkit.fluxcd.io/namespace': 'shop' }
const policy: PlanPolicy = {
  owner: { name: 'app', namespace: 'shop' },
  manager: 'kustomize-controller',
  prune: true,
  force: false,
  inventory: [],
}

function object(kind: string, name: string, data: object = {}, metadata = {}): KubeObject {
  const apiVersions: Record<string, string> = { Job: 'batch/v1', Deployment: 'apps/v1', Widget: 'example.test/v1' }
  return {
    apiVersion: apiVersions[kind] ?? 'v1',
    kind,
    metadata: { name, namespace: 'shop', ...metadata },
    data,
  } as never
}

const configMap = (name: string, data: object = {}, metadata = {}) => object('ConfigMap', name, data, metadata)
const invalid = (message: string) => new ApiError({ code: 422, reason: 'Invalid', message })
const immutable = () =>
  invalid('ConfigMap "conf" is invalid: data: Forbidden: field is immutable when `immutable` is set')

/** The state of the fake cluster as a view; everything is known. */
function viewOfAll(...objects: readonly KubeObject[]) {
  return viewOf(objects.map(item => ({ ref: refOf(item), state: { state: 'object', object: item } })))
}

async function run(
  desired: readonly KubeObject[],
  cluster: FakeCluster,
  { view = viewOf([]), ...given }: Partial<PlanPolicy & ApplyOptions> & { view?: ReturnType<typeof viewOf> } = {},
): Promise<readonly Applied[]> {
  const all = { ...policy, ...given }
  const objects = desired.map(item => ({ object: item, origin: { file: 'app.yaml', line: 3, column: 1 } }))
  const changes = plan({ objects, diagnostics: [] }, view, all)
  const options: ApplyOptions = {
    policy: all,
    awaitCurrent: async () => undefined,
    awaitGone: async () => undefined,
    ...given,
  }
  const results: Applied[] = []
  for await (const result of apply(changes, cluster, options)) results.push(result)
  return results
}

const outcomes = (results: readonly Applied[]) => results.map(({ ref, outcome }) => `${ref.name} ${outcome}`)

test('an install costs one request per object, and the results come in the order of the plan', async () => {
  const cluster = createFakeCluster()
  const results = await run([object('Deployment', 'web'), configMap('conf'), object('Service', 'web')], cluster)
  assert.deepEqual(cluster.requests.toSorted(), [
    'create ConfigMap/shop/conf',
    'create Deployment/shop/web',
    'create Service/shop/web',
  ])
  assert.equal(
    describeOutcomes(results as never),
    'ConfigMap/shop/conf created\nService/shop/web created\nDeployment/shop/web created',
  )
})

test('a single change is applied without a dry run; what did not change is not reported as changed', async () => {
  const cluster = createFakeCluster()
  const old = cluster.put(configMap('conf', { a: '1' }))
  const results = await run([configMap('conf', { a: '2' })], cluster, { view: viewOfAll(old) })
  assert.deepEqual(outcomes(results), ['conf configured'])
  assert.deepEqual(cluster.requests, ['apply ConfigMap/shop/conf'])
  const again = await run([configMap('conf', { a: '2' })], cluster, { view: viewOfAll(results[0]!.object!) })
  assert.deepEqual(outcomes(again), ['conf unchanged'])
})

test('unknown objects are created, and looked at where they are there already', async () => {
  const cluster = createFakeCluster()
  cluster.put(configMap('there', { a: '1' }, { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } }))
  const results = await run([configMap('there', { a: '2' }), configMap('new')], cluster, { view: unknownView })
  assert.deepEqual(outcomes(results), ['new created', 'there skipped'])
  assert.deepEqual(cluster.requests.toSorted(), [
    'create ConfigMap/shop/new',
    'create ConfigMap/shop/there',
    'get ConfigMap/shop/there',
  ])
})

test('what turns out to be there is tried with a dry run, and when it is refused nothing of the stage stays', async () => {
  for (const mode of ['stage', 'per-object'] as const) {
    const refuse = (_: KubeObject, known: KubeObject | undefined) =>
      known?.metadata.name === 'there' ? immutable() : undefined
    const cluster = createFakeCluster(refuse)
    cluster.put(configMap('there', { a: '1' }))
    const results = await run([configMap('there', { a: '2' }), configMap('new')], cluster, { view: unknownView, mode })
    assert.deepEqual(outcomes(results), [mode === 'stage' ? 'new rolled-back' : 'new created', 'there failed'])
    assert.deepEqual(cluster.stored().length, mode === 'stage' ? 1 : 2)
  }
})

test('after a refusal everything is tried with a dry run, so that nothing comes and goes at each retry', async () => {
  const cluster = createFakeCluster(({ metadata: { name } }) => (name === 'bad' ? invalid('bad is bad') : undefined))
  const desired = [configMap('good'), object('Deployment', 'bad')]
  const results = await run(desired, cluster, { view: unknownView, careful: true })
  assert.deepEqual(outcomes(results), ['good held-back', 'bad failed'])
  assert.deepEqual(
    cluster.requests.filter(request => !request.startsWith('get')),
    ['dry-run ConfigMap/shop/good', 'dry-run Deployment/shop/bad'],
  )
})

test('what may act at once or is of an unknown server is looked at before it is created', async () => {
  const cluster = createFakeCluster()
  const results = await run([object('Job', 'migrate'), object('Widget', 'w')], cluster, { view: unknownView })
  assert.deepEqual(outcomes(results), ['migrate created', 'w created'])
  assert.deepEqual(
    cluster.requests.filter(request => request.startsWith('get')),
    ['get Job/shop/migrate', 'get Widget/shop/w'],
  )
})

test('what a server in trouble has taken stays: nothing that the source holds is deleted for it', async () => {
  for (const code of [0, 429, 500, 503]) {
    const trouble = new ApiError({ code, reason: 'InternalError', message: 'the server is in trouble' })
    const cluster = createFakeCluster(({ kind }) => (kind === 'Deployment' ? trouble : undefined))
    const results = await run([configMap('good'), object('Deployment', 'web')], cluster)
    assert.deepEqual(outcomes(results), ['good created', 'web failed'])
    assert.equal(cluster.stored().length, 1)
  }
})

test('when an object is refused, nothing of its stage stays, and all problems are told', async () => {
  const cluster = createFakeCluster(({ metadata: { name } }) =>
    name.startsWith('bad') ? invalid(`${name} is bad`) : undefined,
  )
  const results = await run([configMap('good'), object('Deployment', 'bad-1'), object('Deployment', 'bad-2')], cluster)
  assert.deepEqual(outcomes(results), ['good rolled-back', 'bad-1 failed', 'bad-2 failed'])
  assert.deepEqual(cluster.stored(), [])
  const [, failure] = results.map(({ failure: found }) => found)
  assert.equal(failure?.message, 'Deployment/shop/bad-1 dry-run failed (Invalid): bad-1 is bad')
  assert.deepEqual(failure?.diagnostic.position, { file: 'app.yaml', line: 3, column: 1 })
})

test('an object that the view had missed is never taken back', async () => {
  const cluster = createFakeCluster(({ metadata: { name } }) => (name === 'bad' ? invalid('no') : undefined))
  const time = '2026-01-01T00:00:00Z'
  const managedFields = [{ manager: 'kubectl', operation: 'Update', time }]
  const theirs = configMap('theirs', {}, { creationTimestamp: time, managedFields })
  cluster.put(theirs)
  const results = await run([theirs, object('Deployment', 'bad')], cluster)
  assert.deepEqual(outcomes(results), ['theirs held-back', 'bad failed'])
  assert.deepEqual(cluster.stored(), ['ConfigMap/shop/theirs'])
})

test('what cannot be taken back is tried with a dry run before anything is written', async () => {
  const cluster = createFakeCluster(({ kind }) => (kind === 'Job' ? invalid('no') : undefined))
  const old = cluster.put(configMap('conf', { a: '1' }))
  await run([configMap('conf', { a: '2' }), configMap('new'), object('Job', 'migrate')], cluster, {
    view: viewOfAll(old),
  })
  assert.ok(!cluster.requests.some(request => request.startsWith('apply')))
})

test('per object: one that is refused does not hold the others back', async () => {
  const cluster = createFakeCluster(({ metadata: { name } }) => (name === 'bad' ? invalid('no') : undefined))
  const results = await run([configMap('bad'), configMap('good'), object('Job', 'migrate')], cluster, {
    mode: 'per-object',
  })
  assert.deepEqual(outcomes(results), ['bad failed', 'good created', 'migrate created'])
})

test('after a failed stage the next ones are held back and nothing is deleted', async () => {
  const cluster = createFakeCluster(({ kind }) => (kind === 'Namespace' ? invalid('no') : undefined))
  const old = cluster.put(configMap('old', {}, { labels }))
  const results = await run(
    [{ ...object('Namespace', 'shop'), metadata: { name: 'shop' } }, configMap('conf')],
    cluster,
    {
      view: viewOfAll(old),
      inventory: [{ id: 'shop_old__ConfigMap', v: 'v1' }],
    },
  )
  assert.deepEqual(outcomes(results), ['shop failed', 'conf held-back'])
  assert.deepEqual(cluster.stored(), ['ConfigMap/shop/old'])
})

test('the next stage waits for what it relies on', async () => {
  const cluster = createFakeCluster()
  const awaited: string[] = []
  const results = await run(
    [{ ...object('Namespace', 'shop'), metadata: { name: 'shop' } }, configMap('conf')],
    cluster,
    {
      async awaitCurrent(refs) {
        awaited.push(...refs.map(({ name }) => name))
        return "timeout waiting for: [Namespace/shop status: 'InProgress']"
      },
    },
  )
  assert.deepEqual(awaited, ['shop'])
  assert.deepEqual(outcomes(results), ['shop created', 'shop failed', 'conf held-back'])
  assert.equal(results[1]?.failure?.message, "timeout waiting for: [Namespace/shop status: 'InProgress']")
})

test('an immutable field is an error with advice, and with force the object is made anew', async () => {
  const refuse = (_: KubeObject, known: KubeObject | undefined) => (known === undefined ? undefined : immutable())
  const cluster = createFakeCluster(refuse)
  const old = cluster.put(configMap('conf', { a: '1' }))
  const refused = await run([configMap('conf', { a: '2' })], cluster, { view: viewOfAll(old) })
  assert.match(refused[0]?.failure?.message ?? '', /^ConfigMap\/shop\/conf dry-run failed \(Invalid\): .*immutable/)
  assert.match(refused[0]?.failure?.diagnostic.hint ?? '', /kustomize\.toolkit\.fluxcd\.io\/force: enabled/)

  const gone: string[] = []
  const forced = await run([configMap('conf', { a: '2' })], cluster, {
    view: viewOfAll(old),
    force: true,
    async awaitGone(_, uid) {
      gone.push(uid)
    },
  })
  assert.deepEqual(outcomes(forced), ['conf created'])
  assert.deepEqual(gone, [old.metadata.uid])
  assert.notEqual(forced[0]?.object?.metadata.uid, old.metadata.uid)
})

test('force deletes nothing that could not be created again', async () => {
  const cluster = createFakeCluster(() => invalid('data: Invalid value'))
  const old = cluster.put(configMap('conf', { a: '1' }))
  const results = await run([configMap('conf', { a: '2' })], cluster, { view: viewOfAll(old), force: true })
  assert.deepEqual(outcomes(results), ['conf failed'])
  assert.deepEqual(cluster.stored(), ['ConfigMap/shop/conf'])
})

test('pruning deletes only the object that was planned for, in reverse order', async () => {
  const cluster = createFakeCluster()
  const inventory = ['a', 'b', 'c'].map(name => ({ id: `shop_${name}__ConfigMap`, v: 'v1' }))
  const [a, b] = ['a', 'b'].map(name => cluster.put(configMap(name, {}, { labels })))
  const stranger = { ...b!, metadata: { ...b!.metadata, uid: 'another' } }
  const results = await run([configMap('keep')], cluster, { view: viewOfAll(a!, stranger), inventory })
  assert.deepEqual(outcomes(results), ['keep created', 'c deleted', 'b skipped', 'a deleted'])
  assert.deepEqual(cluster.stored(), ['ConfigMap/shop/b', 'ConfigMap/shop/keep'])
})

test('the inventory remembers what could not be deleted and what a failed run has made', async () => {
  const inventory = [{ id: 'shop_old__ConfigMap', v: 'v1' }]
  const changes = plan({ objects: [{ object: configMap('new') }], diagnostics: [] }, unknownView, {
    ...policy,
    inventory,
  })
  const [entry] = changes.stages[0]!.entries
  const made: Applied = { ref: entry!.ref, outcome: 'created', entry: entry! }
  const stuck: Applied = { ref: changes.prune[0]!.ref, outcome: 'failed', entry: changes.prune[0]! }
  assert.deepEqual(inventoryAfter(changes, [made, stuck], inventory), [
    { id: 'shop_new__ConfigMap', v: 'v1' },
    inventory[0],
  ])
  assert.deepEqual(inventoryAfter(changes, [{ ...made, outcome: 'failed' }], inventory), inventory)
})
