import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { GitRepositoryStatus } from '../../src/api/git-repository.ts'
import { type EngineProcess, startEngineProcess } from '../../src/cli/engine-process.ts'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'

/*
 * Service accounts as identities, from the object in the cluster to the request that carries the token.
 *
 * Two clusters that trust the same issuer: the second one began as a copy of the first. A Kustomization of the first applies
 * to the second as a service account, whose token the second one checks.
 */
const manager = { fieldManager: 'test' }
const namespace = 'default'
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', namespace }
let folder: string
let here: Sandbox
let there: Sandbox
let local: KubeClient
let remote: KubeClient
let git: GitServer
let ledger: Ledger
let engine: EngineProcess
let entra: Entra

const connectionTo = (sandbox: Sandbox) => connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox'))

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-remote-'))
  const files = [path.join(folder, 'here.db'), path.join(folder, 'there.db')] as const
  const seed = await startSandbox({ dataFile: files[0] })
  const client = connectCluster(connectionTo(seed))
  await installCrds(client)
  await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'remote', namespace } }, manager)
  await client.close()
  await seed.stop()
  await copyFile(...files)
  here = await startSandbox({ dataFile: files[0] })
  there = await startSandbox({ dataFile: files[1] })
  local = connectCluster(connectionTo(here))
  remote = connectCluster(connectionTo(there))
  git = await startGitServer()
  ledger = openSqliteLedger(path.join(folder, 'ledger.db'))
  entra = await startEntra()
  process.env['AZURE_AUTHORITY_HOST'] = entra.url
  engine = await startEngineProcess({
    cluster: local,
    dataDir: folder,
    ledger,
    log: jsonLogger(() => {}),
    settings: { concurrency: 4, noCrossNamespaceRefs: false, noRemoteBases: false, clusterName: 'test' },
  })
})

after(async () => {
  delete process.env['AZURE_AUTHORITY_HOST']
  await engine.stop()
  await git.close()
  await ledger.close()
  await entra.stop()
  await local.close()
  await remote.close()
  await here.stop()
  await there.stop()
  await rm(folder, { recursive: true })
})

interface Entra {
  readonly url: string
  /** The forms that came, and the claims of their assertions. */
  readonly seen: {
    readonly form: Readonly<Record<string, string>>
    readonly claims: Readonly<Record<string, unknown>>
  }[]
  stop(): Promise<void>
}

/** A token endpoint. */
async function startEntra(): Promise<Entra> {
  const seen: Entra['seen'] = []
  const server = createServer(async (request, response) => {
    const { client_assertion: assertion = '', ...form } = Object.fromEntries(
      new URLSearchParams(Buffer.concat(await request.toArray()).toString()),
    )
    seen.push({ form, claims: JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) })
    const isKnown = request.url === '/tenant/oauth2/v2.0/token'
    response.writeHead(isKnown ? 200 : 404).end(JSON.stringify({ access_token: 'devops', expires_in: 3599 }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    seen,
    stop() {
      server.closeAllConnections()
      return new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

test('a Kustomization applies to another cluster with a token of its service account', async t => {
  const url = await git.create('repo')
  await git.commit('repo', { 'app/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {k: v}\n' })
  const { ca, server } = connectionTo(there)
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'there', namespace },
      data: {
        provider: 'generic',
        address: server,
        'ca.crt': ca !== undefined && 'pem' in ca ? ca.pem : '',
        audiences: '- https://kubernetes.default.svc.cluster.local\n',
        serviceAccountName: 'remote',
      },
    },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace },
      spec: { interval: '10m', url, ref: { branch: 'main' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace },
      spec: {
        interval: '10m',
        path: './app',
        prune: true,
        targetNamespace: namespace,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
        kubeConfig: { configMapRef: { name: 'there' } },
      },
    },
  ] as unknown as readonly KubeObject[]
  await remote.create(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'remote' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'remote', namespace }],
    } as unknown as KubeObject,
    manager,
  )
  const { promise: arrived, resolve } = Promise.withResolvers<KubeObject>()
  const informer = watchResource(remote, CONFIG_MAP, {
    namespace,
    onChange: change => void (change.object.metadata.name === 'conf' && resolve(change.object)),
  })
  t.after(() => informer.close())
  for (const object of objects) await local.create(object, manager)
  const conf = await arrived
  assert.deepEqual(conf['data'], { k: 'v' })
  assert.equal(conf.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'], 'app')
  assert.equal(await local.get({ ...CONFIG_MAP, name: 'conf' }), undefined)
})

test('a GitRepository is fetched with a token for the identity of its service account', async t => {
  const url = await git.create('azure')
  await git.commit('azure', { 'a.yaml': '' })
  git.requireAuthorization('Bearer devops')
  t.after(() => git.requireAuthorization())
  const annotations = {
    'azure.workload.identity/tenant-id': 'tenant',
    'azure.workload.identity/client-id': 'client',
  }
  const repositories = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace }
  const { promise: said, resolve } = Promise.withResolvers<string>()
  const informer = watchResource(local, repositories, {
    namespace,
    onChange: ({ object }) => {
      const { conditions = [] } = (object['status'] ?? {}) as Pick<GitRepositoryStatus, 'conditions'>
      const condition = conditions.find(({ type, status }) => type === 'Ready' && status !== 'Unknown')
      if (object.metadata.name === 'azure' && condition !== undefined) resolve(condition.message ?? '')
    },
  })
  t.after(() => informer.close())
  await local.create(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'fetcher', namespace, annotations } },
    manager,
  )
  await local.create(
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'azure', namespace },
      spec: { interval: '10m', url, ref: { branch: 'main' }, provider: 'azure', serviceAccountName: 'fetcher' },
    } as unknown as KubeObject,
    manager,
  )
  assert.match(await said, /^stored artifact for revision/)
  assert.equal(entra.seen.length, 1)
  const [{ form, claims } = assert.fail('nobody asked for a token')] = entra.seen
  assert.deepEqual(form, {
    grant_type: 'client_credentials',
    client_id: 'client',
    scope: '499b84ac-1321-427f-aa17-267ca6975798/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  assert.equal(claims['sub'], 'system:serviceaccount:default:fetcher')
  assert.deepEqual(claims['aud'], ['api://AzureADTokenExchange'])
})
