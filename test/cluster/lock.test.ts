import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type EngineProcess, startEngineProcess } from '../../src/cli/engine-process.ts'
import { installParts } from '../../src/cli/install/manifests.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { readManifests } from '../../src/manifest/yaml/manifests.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { skipReal } from './real.ts'

/*
 * The drift lock with the real kubectl and Kubernetes' own controllers: the engine has the rights of a restricted
 * installation and acts as a tenant's service account, alice and bob are administrators, bob is on call.
 */
const skip = skipReal()
const run = promisify(execFile)
const DEADLINE_MS = 60_000
const users = [
  { name: 'alice', token: 'alices-token', groups: ['system:masters'] },
  { name: 'bob', token: 'bobs-token', groups: ['system:masters', 'oncall'] },
]

let plane: ControlPlane
let folder: string
let git: GitServer
let engine: EngineProcess | undefined
let clients: readonly KubeClient[] = []

const files = {
  'app/conf.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {k: v}
`,
  'app/child.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: {name: child}
data: {k: v}
`,
  'app/web.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", resources: {requests: {cpu: 10m}}}]}
`,
}

const tenant = (url: string) => `
apiVersion: v1
kind: Namespace
metadata: {name: tenant}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: tenant}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: tenant}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: tenant}]
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: repo, namespace: tenant}
spec: {interval: 10m, url: "${url}/repo.git", ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: app
  namespace: tenant
  annotations: {lockstep.dev/lock: Deny, lockstep.dev/drift: report}
spec:
  interval: 10m
  path: ./app
  prune: true
  wait: true
  targetNamespace: tenant
  serviceAccountName: deployer
  sourceRef: {kind: GitRepository, name: repo}
`

async function kubectl(user: string, ...args: readonly string[]): Promise<{ ok: boolean; text: string }> {
  const token = users.find(({ name }) => name === user)?.token
  const login = token === undefined ? [] : ['--token', token]
  const binary = path.join(plane.binaries, 'kubectl')
  const common = ['--kubeconfig', plane.kubeconfig, '--namespace', 'tenant', ...login]
  try {
    const { stdout, stderr } = await run(binary, [...common, ...args], { env: { HOME: folder }, timeout: DEADLINE_MS })
    return { ok: true, text: stdout + stderr }
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string }
    return { ok: false, text: stdout + stderr }
  }
}

async function succeeds(user: string, ...args: readonly string[]): Promise<string> {
  const { ok, text } = await kubectl(user, ...args)
  assert.ok(ok, `${user}: kubectl ${args.join(' ')}\n${text}`)
  return text
}

/** A policy is in force some time after it was written: a dry run tells when. */
async function isRefused(user: string, ...args: readonly string[]): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (Date.now() < deadline && (await kubectl(user, ...args, '--dry-run=server')).ok);
  const { ok, text } = await kubectl(user, ...args)
  assert.equal(ok, false, `${user}: kubectl ${args.join(' ')}\n${text}`)
  assert.match(text, /managed by Kustomization tenant\/app from http:\S+repo\.git, path \.\/app, branch main/)
}

async function isAllowed(user: string, ...args: readonly string[]): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (Date.now() < deadline && !(await kubectl(user, ...args, '--dry-run=server')).ok);
  await succeeds(user, ...args)
}

function connect(token: string): KubeClient {
  const config = parseKubeconfig(
    `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "${plane.url}", certificate-authority: "${plane.caFile}"}}]
users: [{name: u, user: {token: "${token}"}}]
`,
    'test',
  )
  const client = connectCluster(connectionOf(config))
  clients = [...clients, client]
  return client
}

before(async () => {
  if (skip !== false) return
  plane = await startControlPlane({ users })
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-lock-'))
  git = await startGitServer()
  await git.create('repo')
  await git.commit('repo', files, { message: 'first' })
  const admin = connect(plane.token)
  const parts = installParts({
    namespace: 'flux-system',
    version: '0.1.0',
    image: 'lockstep',
    restricted: true,
    logLevel: 'info',
    watchAllNamespaces: true,
  })
  const { manifests } = readManifests(tenant(git.url), { file: 'tenant', dialect: 'kubectl' })
  const installed = [...(parts['namespace'] ?? []), ...(parts['definitions'] ?? []), ...(parts['access'] ?? [])]
  for (const object of [...installed, ...manifests.map(({ value }) => value)])
    await admin.apply(object as unknown as KubeObject, { fieldManager: 'test', force: true })
  const account = '/api/v1/namespaces/flux-system/serviceaccounts/lockstep/token'
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const { status } = (await admin.raw('POST', account, { body })) as unknown as { status: { token: string } }
  engine = await startEngineProcess({
    cluster: connect(status.token),
    dataDir: folder,
    ledger: openSqliteLedger(':memory:'),
    log: jsonLogger(process.env['LOCKSTEP_DEBUG'] === undefined ? () => {} : line => process.stderr.write(line)),
    settings: {
      concurrency: 4,
      noCrossNamespaceRefs: true,
      noRemoteBases: true,
      defaultServiceAccount: 'default',
      clusterName: 'test',
    },
  })
})

after(async () => {
  if (skip !== false) return
  await engine?.stop()
  await Promise.all(clients.map(client => client.close()))
  await git.close()
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

async function waitFor(condition: string, object: string): Promise<void> {
  await succeeds('admin', 'wait', `--for=${condition}`, object, '--timeout=60s')
}

test('kubectl is told where to make the change', { skip }, async () => {
  await waitFor('condition=Ready', 'kustomization/app')
  await waitFor('condition=Locked', 'kustomization/app')
  await isRefused('alice', 'patch', 'configmap/conf', '--type=merge', '--patch={"data":{"k":"mine"}}')
  await isRefused('alice', 'set', 'image', 'deployment/web', 'web=web:2')
  await isRefused('alice', 'scale', 'deployment/web', '--replicas=3')
  await isRefused('alice', 'delete', 'configmap/conf')
  await isRefused('alice', 'delete', 'configmaps', '--all')
  await isRefused('alice', 'label', 'configmap/conf', 'kustomize.toolkit.fluxcd.io/name-')
  await isRefused('alice', 'annotate', 'configmap/conf', 'kustomize.toolkit.fluxcd.io/reconcile=disabled')
  await isRefused('bob', 'delete', 'deployment/web')
  await isRefused('alice', '--as=system:serviceaccount:tenant:deployer', 'delete', 'configmap/conf')
  await succeeds('alice', 'annotate', 'configmap/conf', 'note=mine')
  await succeeds('alice', 'rollout', 'restart', 'deployment/web')
})

test('commits and the controllers of Kubernetes go on working', { skip }, async () => {
  await git.commit('repo', { 'app/web.yaml': files['app/web.yaml'].replace('web:1', 'web:2') }, { message: 'second' })
  engine?.pushed(`${git.url}/repo.git`)
  await waitFor("jsonpath={.spec.template.spec.containers[0].image}='web:2'", 'deployment/web')
  await succeeds('alice', 'rollout', 'status', 'deployment/web', '--timeout=60s')
  await succeeds('alice', 'autoscale', 'deployment/web', '--min=2', '--max=3', '--cpu-percent=50')
  await waitFor('jsonpath={.spec.replicas}=2', 'deployment/web')
})

test('the glass is broken by a group, and mended', { skip }, async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const change = ['patch', 'configmap/conf', '--type=merge', '--patch={"data":{"k":"mended"}}']
  await succeeds('alice', 'annotate', 'kustomization/app', `lockstep.dev/break-glass=oncall until ${until}: INC-42`)
  await waitFor('jsonpath={.status.conditions[?(@.type=="Locked")].reason}=BreakGlass', 'kustomization/app')
  await isAllowed('bob', ...change)
  await succeeds('alice', 'create', 'configmap', 'parent')
  const uid = await succeeds('alice', 'get', 'configmap/parent', '--output=jsonpath={.metadata.uid}')
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'parent', uid }
  const patch = JSON.stringify({ metadata: { ownerReferences: [owner] } })
  await isRefused('alice', 'patch', 'configmap/child', '--type=merge', `--patch=${patch}`)
  await succeeds('bob', 'patch', 'configmap/child', '--type=merge', `--patch=${patch}`)
  await succeeds('alice', 'delete', 'configmap/parent')
  await waitFor('delete', 'configmap/child')
  await isRefused('alice', 'delete', 'configmap/conf')
  await succeeds('alice', 'annotate', 'kustomization/app', 'lockstep.dev/break-glass-')
  await waitFor('jsonpath={.status.conditions[?(@.type=="Locked")].reason}=Deny', 'kustomization/app')
  await isRefused('bob', 'delete', 'configmap/conf')
})

test('a namespace can be deleted with everything in it', { skip }, async () => {
  await engine?.stop()
  engine = undefined
  await isRefused('alice', 'delete', 'configmap/conf')
  await succeeds('alice', 'delete', 'namespace', 'tenant', '--wait=false')
  await waitFor('delete', 'configmap/conf')
  await waitFor('delete', 'deployment/web')
})
