import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { type KubeObject, refOf } from '../manifest/object.ts'
import { describeChanges } from './describe.ts'
import { prepare } from './desired.ts'
import { finalization } from './finalization.ts'
import { digestOf } from './fingerprint.ts'
import { type LiveState, unknownView, viewOf } from './live-view.ts'
import { type PlanPolicy, plan } from './plan.ts'

const owner = { name: 'app', namespace: 'flux-system' }
const labels = { 'kustomize.toolkit.fluxcd.io/name': 'app', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
const policy: PlanPolicy = { owner, manager: 'kustomize-controller', prune: true, force: false, inventory: [] }

function configMap(name: string, data = {}, metadata = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', ...metadata }, data } as never
}

function applied(name: string, data: Record<string, string>, metadata = {}): KubeObject {
  const set = (value: object) => Object.fromEntries(Object.keys(value).map(key => [`f:${key}`, {}]))
  const fieldsV1 = { 'f:metadata': { 'f:labels': set(labels) }, 'f:data': set(data) }
  const managedFields = [{ manager: 'kustomize-controller', operation: 'Apply', apiVersion: 'v1', fieldsV1 }]
  return configMap(name, data, { uid: `uid-${name}`, resourceVersion: '7', labels, managedFields, ...metadata })
}

const live = (...objects: readonly KubeObject[]) =>
  viewOf(objects.map(object => ({ ref: refOf(object), state: { state: 'object', object } })))
const desired = (...objects: readonly KubeObject[]) => ({
  objects: objects.map((object, index) => ({ object, origin: { file: 'app.yaml', line: index * 10 + 1, column: 1 } })),
  diagnostics: [],
})
const entries = (...names: readonly string[]) => names.map(name => ({ id: `shop_${name}__ConfigMap`, v: 'v1' }))

test('new, changed, unchanged and removed objects', () => {
  const changes = plan(
    desired(configMap('new', { a: '1' }), configMap('changed', { a: '2' }), configMap('same', { a: '1' })),
    live(applied('changed', { a: '1' }), applied('same', { a: '1' }), applied('removed', {})),
    { ...policy, inventory: entries('changed', 'same', 'removed') },
  )
  assert.equal(
    describeChanges(changes),
    `~ ConfigMap/shop/changed configure (drifted)
    ~ /data/a: "1" -> "2"
+ ConfigMap/shop/new create (absent)
- ConfigMap/shop/removed prune (removed from source)`,
  )
  assert.deepEqual(changes.inventory, entries('new', 'changed', 'same'))
})

test('what is applied has the owner’s labels and the common metadata, and knows where it stands', () => {
  const changes = plan(desired(configMap('new', { a: '1' })), live(), {
    ...policy,
    commonMetadata: { labels: { team: 'a' }, annotations: { contact: 'b' } },
  })
  const [entry] = changes.stages[0]?.entries ?? []
  assert.deepEqual(entry?.desired, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'new',
      namespace: 'shop',
      labels: { ...labels, team: 'a' },
      annotations: { contact: 'b' },
      creationTimestamp: null,
    },
    data: { a: '1' },
  })
  assert.deepEqual(entry?.origin, { file: 'app.yaml', line: 1, column: 1 })
})

test('definitions, classes and the rest are stages; the first two are waited for', () => {
  const parts = `
- { apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: shop } }
- { apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: { name: fast } }
- { apiVersion: v1, kind: Namespace, metadata: { name: shop } }
`
  const changes = plan(desired(...(load(parts) as KubeObject[])), live(), policy)
  assert.deepEqual(
    changes.stages.map(({ name, wait, entries: list }) => [name, wait, list.map(({ ref }) => ref.kind)]),
    [
      ['definitions', true, ['Namespace']],
      ['classes', true, ['StorageClass']],
      ['resources', false, ['Deployment']],
    ],
  )
})

test('an object that is as it was applied needs no look: its digest decides', () => {
  const [prepared] = prepare([{ object: configMap('conf', { a: '1' }) }], policy)
  assert.ok(prepared)
  const known: LiveState = { state: 'applied', digest: digestOf(prepared.object), uid: 'u', resourceVersion: '1' }
  const view = viewOf([{ ref: refOf(prepared.object), state: known }])
  const action = (data: object) => plan(desired(configMap('conf', data)), view, policy).stages[0]?.entries[0]?.action
  assert.equal(action({ a: '1' }), 'unchanged')
  assert.equal(action({ a: '2' }), 'configure')
})

test('switches on an object, as label or annotation, in any case', () => {
  const planned = (metadata: object, known = live()) => {
    const [entry] = plan(desired(configMap('conf', { a: '1' }, metadata)), known, policy).stages[0]?.entries ?? []
    return [entry?.action, entry?.cause, entry?.force]
  }
  const key = (name: string) => `kustomize.toolkit.fluxcd.io/${name}`
  assert.deepEqual(planned({ annotations: { [key('ssa')]: 'ignore' } }), ['skip', 'ignored', false])
  assert.deepEqual(planned({ labels: { [key('reconcile')]: 'Disabled' } }), ['skip', 'ignored', false])
  assert.deepEqual(planned({ annotations: { [key('ssa')]: 'IfNotPresent' } }), ['create', 'absent', false])
  const present = live(applied('conf', { a: '0' }))
  assert.deepEqual(planned({ annotations: { [key('ssa')]: 'IfNotPresent' } }, present), ['skip', 'present', false])
  assert.deepEqual(planned({ labels: { [key('force')]: 'enabled' } }), ['create', 'absent', true])
  const disabled = live(applied('conf', {}, { annotations: { [key('reconcile')]: 'disabled' } }))
  assert.deepEqual(planned({}, disabled), ['skip', 'ignored', false])
})

test('only what is still ours is pruned, and nothing that is to be kept', () => {
  const kept = applied('kept', {}, { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } })
  const foreign = applied('foreign', {}, { labels: {} })
  const changes = plan(desired(configMap('a')), live(kept, foreign, applied('ours', {})), {
    ...policy,
    inventory: entries('kept', 'foreign', 'ours', 'gone'),
  })
  assert.deepEqual(
    changes.prune.map(({ ref, action, cause }) => [ref.name, action, cause]),
    [
      ['ours', 'prune', 'removed-from-source'],
      ['kept', 'skip', 'kept'],
      ['gone', 'prune', 'gone'],
      ['foreign', 'skip', 'foreign'],
    ],
  )
})

test('an error in the source and an empty source change nothing', () => {
  const inventory = entries('a', 'b', 'c', 'd')
  const error = { severity: 'error', code: 'broken-yaml', message: 'broken' } as const
  const broken = plan({ objects: [], diagnostics: [error] }, live(), { ...policy, inventory })
  assert.deepEqual([broken.stages, broken.prune, broken.inventory], [[], [], inventory])

  const empty = plan(desired(), unknownView, { ...policy, inventory })
  assert.equal(empty.diagnostics[0]?.code, 'empty-source')
  assert.deepEqual(empty.prune, [])
  assert.equal(plan(desired(), unknownView, { ...policy, inventory, mayPruneAll: true }).prune.length, 4)
})

test('an object that is defined twice is an error with both places', () => {
  const changes = plan(desired(configMap('a'), configMap('a')), live(), policy)
  assert.deepEqual(changes.diagnostics, [
    {
      severity: 'error',
      code: 'duplicate-object',
      subject: 'ConfigMap/shop/a',
      message: 'the object is defined twice, first at app.yaml:1:1',
      hint: 'keep one of the two definitions, or give one another name',
      position: { file: 'app.yaml', line: 11, column: 1 },
      trail: [{ file: 'app.yaml', line: 1, column: 1 }],
    },
  ])
})

test('a change of a Secret is shown without its values', () => {
  const secret = (password: string, metadata = {}): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop', ...metadata },
      data: { password },
    }) as never
  const changes = plan(desired(secret('bmV3')), live(secret('b2xk', { uid: 'u', labels })), policy)
  assert.equal(
    describeChanges(changes),
    '~ Secret/shop/s configure (not owned)\n    ~ /data/password: "*** (before)" -> "*** (after)"',
  )
})

test('the end of a Kustomization follows its deletion policy', () => {
  const end = (deletionPolicy: 'MirrorPrune' | 'Delete' | 'WaitForTermination' | 'Orphan', more = {}) => {
    const given = { ...owner, suspend: false, prune: false, deletionPolicy, inventory: entries('a', 'b'), ...more }
    const { prune, wait } = finalization(given, unknownView)
    return [prune.map(({ ref }) => ref.name), wait]
  }
  assert.deepEqual(end('MirrorPrune'), [[], false])
  assert.deepEqual(end('MirrorPrune', { prune: true }), [['b', 'a'], false])
  assert.deepEqual(end('Delete'), [['b', 'a'], false])
  assert.deepEqual(end('WaitForTermination'), [['b', 'a'], true])
  assert.deepEqual(end('Orphan', { prune: true }), [[], false])
  assert.deepEqual(end('Delete', { suspend: true }), [[], false])
})

test('a Secret that nobody decrypted stops everything', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, sops: {} } as never
  const changes = plan(desired(secret, configMap('a')), live(), policy)
  assert.deepEqual(
    changes.diagnostics.map(({ code, message }) => [code, message]),
    [
      [
        'sops-encrypted',
        'Secret/shop/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
      ],
    ],
  )
  assert.deepEqual(changes.stages, [])
})

test('an object of another Kustomization is taken over, or left where that is asked for', () => {
  const theirs = applied('conf', {}, { labels: { ...labels, 'kustomize.toolkit.fluxcd.io/name': 'other' } })
  const action = (onForeign: 'take' | 'leave') =>
    plan(desired(configMap('conf', { a: '1' })), live(theirs), { ...policy, onForeign }).stages[0]?.entries[0]?.action
  assert.equal(action('take'), 'configure')
  assert.equal(action('leave'), 'conflict')
})
