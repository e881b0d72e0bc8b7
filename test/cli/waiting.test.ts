import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { type Informer, watchResource } from '../../src/kube/informer.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { runCommand } from '../support/cli.ts'

let sandbox: Sandbox
let controller: KubeClient
const controllers: Informer[] = []
const clients: KubeClient[] = []

function client(): KubeClient {
  const connected = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox')))
  clients.push(connected)
  return connected
}

/** Answers every change of a spec or request, as the engine would: with success, or with failure for names that say so. */
function answerAll(kind: string, group: string, status: object): void {
  const gvk = { group, version: 'v1', kind }
  const answer = async ({ metadata, ...rest }: KubeObject) => {
    const failed = metadata.name.startsWith('broken')
    const condition = {
      type: 'Ready',
      status: failed ? 'False' : 'True',
      reason: failed ? 'BuildFailed' : 'ReconciliationSucceeded',
      message: failed ? 'app/a.yaml:1:2: no' : 'Applied',
      observedGeneration: metadata.generation ?? 1,
      lastTransitionTime: '2026-11-21T03:00:00Z',
    }
    const lastHandledReconcileAt = metadata.annotations?.['reconcile.fluxcd.io/requestedAt']
    const next = { ...status, conditions: [condition], ...(lastHandledReconcileAt && { lastHandledReconcileAt }) }
    if (JSON.stringify(next) === JSON.stringify(rest['status'])) return
    const { name, namespace = '' } = metadata
    await controller.patch({ ...gvk, name, namespace }, { status: next } as never, {
      type: 'merge',
      fieldManager: 'engine',
      subresource: 'status',
    })
  }
  controllers.push(
    watchResource(controller, gvk, { onChange: change => void (change.type !== 'deleted' && answer(change.object)) }),
  )
}

before(async () => {
  sandbox = await startSandbox({ workloads: false })
  controller = client()
  await installCrds(controller)
  for (const name of ['shop', 'flux-system']) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await controller.apply(namespace, { fieldManager: 'test' })
  }
  const revision = 'main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02'
  const artifact = { revision, digest: 'sha256:0', path: 'a', url: 'http://a', lastUpdateTime: '2026-11-21T03:00:00Z' }
  answerAll('GitRepository', 'source.toolkit.fluxcd.io', { artifact })
  answerAll('Kustomization', 'kustomize.toolkit.fluxcd.io', { lastAppliedRevision: revision })
})

after(async () => {
  for (const each of controllers) each.close()
  await Promise.all(clients.map(each => each.close()))
  await sandbox.stop()
})

test('create makes the objects, waits for them, and changes them the second time', async () => {
  const source = 'create source git repo -n shop --url=https://example.test/a.git --branch=main'
  assert.deepEqual(await runCommand(source, client()), {
    exit: 0,
    stdout: '',
    stderr: `► applying GitRepository source
✔ GitRepository source created
◎ waiting for GitRepository source reconciliation
✔ GitRepository repo is ready
✔ fetched revision: main@sha1:f08c0610
`,
  })
  await runCommand('create ks app -n shop --source=repo --path=./app', client())
  const { exit, stderr } = await runCommand('create ks app -n shop --source=repo --path=./other --prune', client())
  assert.equal(exit, 0, stderr)
  assert.match(stderr, /✔ Kustomization updated\n/)
  const { stdout } = await runCommand('export ks app -n shop', client())
  assert.match(stdout, /path: \.\/other\n {2}prune: true\n/)
})

test('reconcile --with-source fetches first, and waits for both', async () => {
  assert.deepEqual(await runCommand('reconcile ks app -n shop --with-source', client()), {
    exit: 0,
    stdout: '',
    stderr: `► annotating GitRepository repo in shop namespace
✔ GitRepository annotated
◎ waiting for GitRepository reconciliation
✔ fetched revision main@sha1:f08c0610
► annotating Kustomization app in shop namespace
✔ Kustomization annotated
◎ waiting for Kustomization reconciliation
✔ applied revision main@sha1:f08c0610
`,
  })
})

test('what is suspended is not reconciled before it is resumed', async () => {
  await runCommand('suspend ks app -n shop', client())
  const { exit, stderr } = await runCommand('reconcile ks app -n shop', client())
  assert.equal(exit, 1)
  assert.match(stderr, /✗ resource is suspended; resume it with: lockstep resume kustomization app -n shop\n/)
  assert.deepEqual(await runCommand('resume ks app -n shop', client()), {
    exit: 0,
    stdout: '',
    stderr: `► resuming kustomization app in shop namespace
✔ kustomization resumed
◎ waiting for Kustomization reconciliation
✔ Kustomization app reconciliation completed
✔ applied revision main@sha1:f08c0610
`,
  })
})

test('a failed reconciliation fails with its reason', async () => {
  const { exit, stderr } = await runCommand('create ks broken -n shop --source=repo', client())
  assert.equal(exit, 1)
  assert.match(stderr, /✗ Kustomization reconciliation failed: 'app\/a\.yaml:1:2: no'\n$/)
})

test('get --watch prints what changes until Ctrl-C', async () => {
  const suspended = /^app\tmain@sha1:f08c0610\tTrue\tTrue\tApplied\t$/m
  const watching = runCommand('get ks app -n shop --watch', client(), { stopAt: suspended })
  await runCommand('suspend ks app -n shop', client())
  const { exit, stdout, stderr } = await watching
  assert.deepEqual([exit, stderr], [0, ''])
  assert.match(stdout, /^NAME\t/)
  await runCommand('resume ks app -n shop', client())
})

test('uninstall leaves no object of the engine, and nothing that it applied goes', async () => {
  const cluster = client()
  const settings = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', labels: { 'kustomize.toolkit.fluxcd.io/name': 'app' } },
  }
  await cluster.apply(settings, { fieldManager: 'test' })
  const held = { metadata: { finalizers: ['finalizers.fluxcd.io'] } }
  const ref = {
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'Kustomization',
    namespace: 'shop',
    name: 'app',
  }
  await cluster.patch(ref, held, { type: 'merge', fieldManager: 'test' })
  for (const each of controllers) each.close()
  const { exit, stderr } = await runCommand('uninstall -s', cluster)
  assert.equal(exit, 0, stderr)
  assert.match(stderr, /✔ Kustomization\/shop\/app finalizers deleted\n/)
  const after = client()
  assert.notEqual(
    await after.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }),
    undefined,
  )
  const definitions = await after.list({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
  })
  assert.deepEqual(
    definitions.map(({ metadata }) => metadata.name),
    [],
  )
})
