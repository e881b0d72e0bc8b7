import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import type { JsonObject } from '../../src/manifest/json.ts'
import { type KubeObject, refOf } from '../../src/manifest/object.ts'
import { readManifests } from '../../src/manifest/yaml/manifests.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { runCommand } from '../support/cli.ts'

const OWNER = { 'kustomize.toolkit.fluxcd.io/name': 'app', 'kustomize.toolkit.fluxcd.io/namespace': 'shop' }

let sandbox: Sandbox
let repository: string
const clients: KubeClient[] = []

function client(): KubeClient {
  const connected = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox')))
  clients.push(connected)
  return connected
}

function git(...args: readonly string[]): void {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', '-c', 'init.defaultBranch=main']
  execFileSync('git', [...identity, ...args], { cwd: repository, stdio: 'pipe' })
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(repository, file)), { recursive: true })
  writeFileSync(path.join(repository, file), text)
}

const configMap = (port: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
data:
  port: "${port}"
`

const secret = (password: string) => `apiVersion: v1
kind: Secret
metadata:
  name: login
  namespace: shop
stringData:
  password: ${password}
`

async function apply(
  cluster: KubeClient,
  object: JsonObject,
  fieldManager = 'kustomize-controller',
): Promise<KubeObject> {
  return await cluster.apply(object as unknown as KubeObject, { fieldManager, force: true })
}

const labelled = (kind: string, name: string, fields: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', labels: OWNER },
  ...fields,
})

before(async () => {
  sandbox = await startSandbox({ workloads: false })
  repository = mkdtempSync(path.join(tmpdir(), 'lockstep-cli-'))
  git('init', '--quiet')
  write('app/settings.yaml', configMap('80'))
  write('app/login.yaml', secret('old'))
  git('add', '--all')
  git('commit', '--quiet', '--message', 'first')

  const cluster = client()
  await installCrds(cluster)
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, 'test')
  await apply(cluster, labelled('ConfigMap', 'settings', { data: { port: '80' } }))
  await apply(cluster, labelled('ConfigMap', 'obsolete', { data: {} }))
  await apply(cluster, labelled('Secret', 'login', { stringData: { password: 'old' } }))
  await apply(
    cluster,
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace: 'shop' },
      spec: { url: 'https://example.test/shop.git', interval: '1m' },
    },
    'test',
  )
  const kustomization = await apply(
    cluster,
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'shop' },
      spec: {
        interval: '1m',
        path: './app',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
      },
    },
    'test',
  )
  const entries = ['shop_settings__ConfigMap', 'shop_obsolete__ConfigMap', 'shop_login__Secret']
  const status = { inventory: { entries: entries.map(id => ({ id, v: 'v1' })) } }
  await cluster.update({ ...kustomization, status } as unknown as KubeObject, {
    fieldManager: 'test',
    subresource: 'status',
  })
})

after(async () => {
  await Promise.all(clients.map(each => each.close()))
  await sandbox.stop()
  rmSync(repository, { recursive: true, force: true })
})

test('diff tells what a working tree would change, field by field, and masks Secrets', async () => {
  write('app/settings.yaml', configMap('8080'))
  write('app/login.yaml', secret('new'))
  write('app/extra.yaml', configMap('1').replace('settings', 'extra'))
  assert.deepEqual(await runCommand(['diff', repository, '-n', 'shop'], client()), {
    exit: 1,
    stdout: `Kustomization/shop/app
  + ConfigMap/shop/extra create (absent)
  ~ ConfigMap/shop/settings configure (drifted)
      ~ /data/port: "80" -> "8080"
  ~ Secret/shop/login configure (drifted)
      ~ /data/password: "*** (before)" -> "*** (after)"
  - ConfigMap/shop/obsolete prune (removed from source)
`,
    stderr: `► comparing the files in ${repository} with what GitRepository repo is applied as
⚠ 1 to create, 2 to change, 1 to delete
`,
  })
})

test('diff of a commit looks at the commit, not at the files', async () => {
  const { exit, stdout } = await runCommand(['diff', repository, '--rev', 'main', '-n', 'shop'], client())
  assert.equal(exit, 1)
  assert.equal(stdout, 'Kustomization/shop/app\n  - ConfigMap/shop/obsolete prune (removed from source)\n')
})

test('diff kustomization compares one folder', async () => {
  const folder = path.join(repository, 'app')
  const { exit, stdout } = await runCommand(
    ['diff', 'kustomization', 'app', '--path', folder, '-n', 'shop', '-o', 'json'],
    client(),
  )
  assert.equal(exit, 1)
  const [diff] = JSON.parse(stdout) as [{ kustomization: string; changes: { prune: { name: string }[] } }]
  assert.equal(diff.kustomization, 'Kustomization/shop/app')
  assert.deepEqual(
    diff.changes.prune.map(({ name }) => name),
    ['obsolete'],
  )
  assert.doesNotMatch(stdout, /bmV3|"new"/)
})

test('the restart of a workload is part of the change of its configuration', async () => {
  const deployment = (checksum: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: { lockstep.dev/restart: auto }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }${checksum} }
    spec:
      containers: [{ name: web, image: web, envFrom: [{ configMapRef: { name: settings } }] }]
`
  const before = ', annotations: { lockstep.dev/config-checksum: ConfigMap/settings=0000000000000000 }'
  const [applied] = readManifests(deployment(before), { file: 'web.yaml', dialect: 'kubectl' }).manifests
  const cluster = client()
  const labels = { labels: OWNER }
  const { metadata } = applied!.value as unknown as KubeObject
  const live = { ...applied?.value, metadata: { ...metadata, ...labels } } as unknown as JsonObject
  await apply(cluster, live)
  const folder = path.join(repository, 'restart')
  write('restart/settings.yaml', configMap('8080'))
  write('restart/web.yaml', deployment(''))
  const { stdout } = await runCommand(['diff', 'ks', 'app', '--path', folder, '-n', 'shop'], client())
  assert.match(
    stdout,
    /~ Deployment\/shop\/web configure \(drifted\)\n +~ \/spec\/template\/metadata\/annotations\/lockstep.dev~1config-checksum: "ConfigMap\/settings=0{16}" -> "ConfigMap\/settings=[0-9a-f]{16}"\n/,
  )
  rmSync(folder, { recursive: true })
  await cluster.delete(refOf(live as unknown as KubeObject))
})

test('files that are as the cluster has them change nothing', async () => {
  const folder = path.join(repository, 'same')
  write('same/settings.yaml', configMap('80'))
  write('same/obsolete.yaml', `${configMap('80').replace('settings', 'obsolete').split('\ndata:')[0]}\ndata: {}\n`)
  write('same/login.yaml', secret('old'))
  assert.deepEqual(await runCommand(['diff', 'ks', 'app', '--path', folder, '-n', 'shop'], client()), {
    exit: 0,
    stdout: '',
    stderr: '✔ nothing would change\n',
  })
  rmSync(folder, { recursive: true })
})

test('what comes with its namespace, its kind or its Kustomization is told as new', async () => {
  write('fresh/namespace.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: fresh\n')
  write('fresh/settings.yaml', configMap('80').replaceAll('shop', 'fresh'))
  write(
    'fresh/kind.yaml',
    `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.test
spec:
  group: example.test
  scope: Namespaced
  names: { kind: Widget, listKind: WidgetList, plural: widgets, singular: widget }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`,
  )
  write('fresh/widget.yaml', 'apiVersion: example.test/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: fresh\n')
  write('child/settings.yaml', configMap('1').replace('settings', 'of-child'))
  write(
    'app/children.yaml',
    ['fresh', 'child']
      .map(
        name => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: shop
spec:
  interval: 1m
  path: ./${name}
  prune: true
  sourceRef:
    kind: GitRepository
    name: repo
`,
      )
      .join('---\n'),
  )
  const { stdout, stderr } = await runCommand(['diff', repository, '-n', 'shop'], client())
  assert.match(stdout, /^Kustomization\/shop\/app\n(?:.*\n)*? {2}\+ Kustomization\/shop\/child create/, stderr)
  assert.match(stdout, /Kustomization\/shop\/child\n {2}\+ ConfigMap\/shop\/of-child create \(absent\)\n/)
  assert.match(
    stdout,
    /Kustomization\/shop\/fresh\n {2}\+ CustomResourceDefinition\/widgets\.example\.test .*\n {2}\+ Namespace\/fresh .*\n {2}\+ ConfigMap\/fresh\/settings .*\n {2}\+ Widget\/fresh\/w .*\n/,
  )
  for (const file of ['fresh', 'child', 'app/children.yaml']) rmSync(path.join(repository, file), { recursive: true })
})

test('broken files end with 2 and say where', async () => {
  write('app/broken.yaml', 'apiVersion: v1\nkind: [\n')
  const { exit, stderr } = await runCommand(['diff', repository, '-n', 'shop'], client())
  assert.equal(exit, 2)
  assert.match(stderr, /app\/broken\.yaml:3:1: /)
})

test('what is suspended would not change, whatever is in the files', async () => {
  rmSync(path.join(repository, 'app/broken.yaml'))
  const cluster = client()
  await runCommand('suspend ks app -n shop', cluster)
  assert.deepEqual(await runCommand(['diff', repository, '-n', 'shop'], client()), {
    exit: 0,
    stdout: '',
    stderr: `► comparing the files in ${repository} with what GitRepository repo is applied as
⚠ Kustomization/shop/app is suspended: it changes nothing before it is resumed
✔ nothing would change
`,
  })
  await runCommand('resume ks app -n shop --wait=false', client())
})

test('a Kustomization that is not there ends with 2', async () => {
  assert.deepEqual(await runCommand(['diff', 'ks', 'nope', '--path', repository, '-n', 'shop'], client()), {
    exit: 2,
    stdout: '',
    stderr: '✗ kustomizations.kustomize.toolkit.fluxcd.io "nope" not found\n',
  })
})
