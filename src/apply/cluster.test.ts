import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadAll } from 'js-yaml'
import { openTestCluster, type TestCluster } from '../../test/support/test-cluster.ts'
import type { KubeClient } from '../kube/client-types.ts'
import { type KubeObject, refOf } from '../manifest/object.ts'
import { isQuiet } from '../plan/change-set.ts'
import { describeOutcomes } from '../plan/describe.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import { type LiveView, unknownView, viewOf } from '../plan/live-view.ts'
import { type PlanPolicy, plan } from '../plan/plan.ts'
import type { Applied } from './applied.ts'
import { apply } from './apply.ts'
import { preview } from './preview.ts'

const namespace = `apply-test-${process.pid}`
const manager = 'kustomize-controller'
const policy: PlanPolicy = { owner: { name: 'app', namespace }, manager, prune: true, force: false, inventory: [] }
let cluster: TestCluster
let client: KubeClient
let requests = 0

before(async () => {
  cluster = await openTestCluster()
  client = cluster.connect({ onRequest: () => requests++ })
})

after(async () => {
  await client.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
  await cluster.stop()
})

const source = (value: string) => `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf, namespace: ${namespace} }
data: { a: "${value}" }
---
apiVersion: v1
kind: Secret
metadata: { name: secret, namespace: ${namespace} }
stringData: { password: hunter2 }
`

function planFor(text: string, view: LiveView, given: Partial<PlanPolicy> = {}) {
  const objects = (loadAll(text) as KubeObject[]).map(object => ({ object }))
  return plan({ objects, diagnostics: [] }, view, { ...policy, ...given })
}

async function run(changes: ReturnType<typeof planFor>): Promise<readonly Applied[]> {
  const results: Applied[] = []
  const nothing = async () => undefined
  for await (const result of apply(changes, client, { policy, awaitCurrent: nothing, awaitGone: nothing }))
    results.push(result)
  return results
}

const viewAfter = (results: readonly Applied[]) =>
  viewOf(
    results.flatMap(({ ref, object }) => (object === undefined ? [] : [{ ref, state: { state: 'object', object } }])),
  )

test('install, nothing to do, drift, change, prune', async () => {
  const installed = await run(planFor(source('1'), viewOf([])))
  assert.equal(
    describeOutcomes(installed as never),
    `Namespace/${namespace} created\nConfigMap/${namespace}/conf created\nSecret/${namespace}/secret created`,
  )

  assert.ok(isQuiet(planFor(source('1'), viewAfter(installed))))
  requests = 0
  await run(planFor(source('1'), viewAfter(installed)))
  assert.equal(requests, 0)

  const again = await run(planFor(source('1'), unknownView))
  assert.deepEqual(
    again.map(({ ref, outcome, object }) => [ref.name, outcome, object !== undefined]),
    [
      [namespace, 'unchanged', false],
      ['conf', 'unchanged', true],
      ['secret', 'unchanged', true],
    ],
  )

  const conf = installed.find(({ ref }) => ref.name === 'conf')?.object as KubeObject
  const label = { metadata: { labels: { somebody: 'else' } } }
  const touched = await client.patch(refOf(conf), label, { type: 'merge', fieldManager: 'somebody' })
  assert.equal(fingerprint(touched, manager).owned, fingerprint(conf, manager).owned)
  const drifted = await client.patch(refOf(conf), { data: { a: 'x' } }, { type: 'merge', fieldManager: 'somebody' })
  assert.notEqual(fingerprint(drifted, manager).owned, fingerprint(conf, manager).owned)

  const looked = await preview(planFor(source('1'), unknownView), client, { policy })
  assert.deepEqual(
    looked.changes.stages
      .flatMap(({ entries }) => entries)
      .map(({ ref, action, changes }) => [ref.name, action, changes]),
    [
      [namespace, 'unchanged', []],
      ['conf', 'configure', [{ path: '/data/a', before: 'x', after: '1' }]],
      ['secret', 'unchanged', []],
    ],
  )
  const reverted = await run(planFor(source('1'), unknownView))
  assert.equal(describeOutcomes(reverted as never), `ConfigMap/${namespace}/conf configured`)
  assert.deepEqual((await client.get(refOf(conf)))?.['data'], { a: '1' })

  const [onlyNamespace = ''] = source('1').split('---')
  const pruned = await run(
    planFor(onlyNamespace, unknownView, { inventory: planFor(source('1'), unknownView).inventory }),
  )
  assert.equal(
    describeOutcomes(pruned as never),
    `Secret/${namespace}/secret deleted\nConfigMap/${namespace}/conf deleted`,
  )
  assert.equal(await client.get(refOf(conf)), undefined)
})
