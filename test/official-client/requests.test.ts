import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import type { Connection } from '../../src/kube/connection.ts'
import { inClusterConnection } from '../../src/kube/in-cluster.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import { startProxy } from '../support/proxy.ts'
import { withFolder } from '../support/test-cluster.ts'
import { type RecordingServer, startRecordingServer } from './recording-server.ts'

/*
 * The same calls by this client and by the official one, to a server that writes down what arrives: what they send must not
 * differ. Where they differ on purpose, the test names the difference.
 */
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'team' }, data: { a: '1' } }
const REF = { ...CONFIG_MAP, namespace: 'team', name: 'c' }
const base64 = (text: string) => Buffer.from(text).toString('base64')
let server: RecordingServer

before(async () => {
  server = await startRecordingServer()
})
after(() => server.stop())

function kubeconfig(
  user: object,
  cluster: object = { 'certificate-authority-data': base64(server.authority.certificate) },
) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: server.url, ...cluster } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'jane', namespace: 'team' } }],
    users: [{ name: 'jane', user }],
  })
}

function official(text: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromString(text)
  return config
}

async function withClient<T>(connection: Connection, run: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = connectCluster(connection, { env: process.env })
  try {
    return await run(client)
  } finally {
    await client.close()
  }
}

/** Reads a ConfigMap with each client; the outcome of each, and what the server saw of it. */
async function readWithBoth(config: KubeConfig, connection: Connection) {
  server.answer(200, OBJECT)
  const told = (value: unknown) => (value === undefined ? 'nothing' : 'an answer')
  const theirs = await config
    .makeApiClient(CoreV1Api)
    .readNamespacedConfigMap({ name: 'c', namespace: 'team' })
    .then(told, () => 'refused')
  const theirRequests = server.taken()
  const ours = await withClient(connection, client => client.get(REF)).then(told, () => 'refused')
  return { theirs: { outcome: theirs, requests: theirRequests }, ours: { outcome: ours, requests: server.taken() } }
}

const PLUGIN = `#!/bin/sh
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":%s}' "$STATUS"
`

test('each kind of credential arrives the same', async () => {
  const { certificate, key } = server.client
  await withFolder({ plugin: PLUGIN, 'jane.crt': certificate, 'jane.key': key }, async folder => {
    const exec = (status: object) => ({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: path.join(folder, 'plugin'),
        env: [{ name: 'STATUS', value: JSON.stringify(status) }],
        interactiveMode: 'Never',
      },
    })
    const cases: readonly [string, object, { authorization?: string; certificate?: string; impersonated?: string }][] =
      [
        ['nobody', {}, {}],
        ['token', { token: 'abc' }, { authorization: 'Bearer abc' }],
        ['password', { username: 'joe', password: 'pä:ss' }, { authorization: `Basic ${base64('joe:pä:ss')}` }],
        [
          'certificate',
          { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
          { certificate: 'jane' },
        ],
        [
          'certificate in files',
          { 'client-certificate': path.join(folder, 'jane.crt'), 'client-key': path.join(folder, 'jane.key') },
          { certificate: 'jane' },
        ],
        ['plugin with a token', exec({ token: 'from-plugin' }), { authorization: 'Bearer from-plugin' }],
        [
          'plugin with a certificate',
          exec({ clientCertificateData: certificate, clientKeyData: key }),
          { certificate: 'jane' },
        ],
        [
          'impersonation',
          { token: 'abc', as: 'boss' },
          { authorization: 'Bearer abc', impersonated: 'impersonate-user: boss' },
        ],
      ]
    for (const [name, user, expected] of cases) {
      const text = kubeconfig(user)
      const { theirs, ours } = await readWithBoth(official(text), connectionOf(parseKubeconfig(text, 'config')))
      assert.deepEqual(ours, theirs, name)
      const plain = { authorization: '', certificate: '', impersonated: '' }
      const request = {
        method: 'GET',
        path: '/api/v1/namespaces/team/configmaps/c',
        query: {},
        contentType: '',
        body: '',
      }
      assert.deepEqual(ours, { outcome: 'an answer', requests: [{ ...request, ...plain, ...expected }] }, name)
    }
  })
})

test("a Pod's service account arrives the same", async () => {
  const { hostname, port } = new URL(server.url)
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
  const folder = 'var/run/secrets/kubernetes.io/serviceaccount'
  await withFolder({}, async root => {
    const mounted = path.join(root, folder)
    await mkdir(mounted, { recursive: true })
    for (const [name, text] of Object.entries({
      token: 'pod',
      namespace: 'team',
      'ca.crt': server.authority.certificate,
    }))
      await writeFile(path.join(mounted, name), text)
    const config = new KubeConfig()
    Object.assign(process.env, env)
    config.loadFromCluster(root)
    for (const name of Object.keys(env)) delete process.env[name]
    const connection = inClusterConnection(env, mounted)
    assert.equal(connection.server, config.getCurrentCluster()?.server)
    assert.equal(connection.namespace, config.getContextObject(config.getCurrentContext())?.namespace)
    const { theirs, ours } = await readWithBoth(config, connection)
    assert.deepEqual(ours, theirs)
    assert.deepEqual(
      ours.requests.map(request => request.authorization),
      ['Bearer pod'],
    )
  })
})

test('the same servers are trusted', async () => {
  const ca = base64(server.authority.certificate)
  const stranger = base64((await startedAndStopped()).authority.certificate)
  const cases: readonly [string, object, string][] = [
    ['its authority', { 'certificate-authority-data': ca }, 'an answer'],
    ['no authority', {}, 'refused'],
    ['another authority', { 'certificate-authority-data': stranger }, 'refused'],
    ['any', { 'insecure-skip-tls-verify': true }, 'an answer'],
    [
      'another name that it has',
      { 'certificate-authority-data': ca, 'tls-server-name': 'api.example.com' },
      'an answer',
    ],
    ['a name that it has not', { 'certificate-authority-data': ca, 'tls-server-name': 'wrong.example.com' }, 'refused'],
  ]
  for (const [name, cluster, outcome] of cases) {
    const text = kubeconfig({ token: 'abc' }, cluster)
    const { theirs, ours } = await readWithBoth(official(text), connectionOf(parseKubeconfig(text, 'config')))
    assert.deepEqual(ours, theirs, name)
    assert.equal(ours.outcome, outcome, name)
  }
})

async function startedAndStopped(): Promise<RecordingServer> {
  const other = await startRecordingServer()
  await other.stop()
  return other
}

test('the proxy of the kubeconfig is used the same way', async () => {
  const proxy = await startProxy()
  try {
    const url = proxy.url.replace('://', '://joe:secret@')
    const cluster = { 'certificate-authority-data': base64(server.authority.certificate), 'proxy-url': url }
    const text = kubeconfig({ token: 'abc' }, cluster)
    const { theirs, ours } = await readWithBoth(official(text), connectionOf(parseKubeconfig(text, 'config')))
    assert.deepEqual(ours, theirs)
    assert.deepEqual(new Set(proxy.seen), new Set([`Basic ${base64('joe:secret')}`]))
  } finally {
    proxy.close()
  }
})

type Call = readonly [
  name: string,
  theirs: (api: KubernetesObjectApi) => Promise<unknown>,
  ours: (client: KubeClient) => Promise<unknown>,
]

test('writes arrive with the same method, path, query, content type and body', async () => {
  const manager = { fieldManager: 'm' }
  const patch = { data: { a: '2' } }
  const calls: readonly Call[] = [
    ['create', api => api.create(OBJECT, undefined, undefined, 'm'), client => client.create(OBJECT, manager)],
    [
      'create, tried',
      api => api.create(OBJECT, undefined, 'All', 'm'),
      client => client.create(OBJECT, { ...manager, dryRun: true }),
    ],
    [
      'replace',
      api =>
        api.replace({ ...OBJECT, metadata: { ...OBJECT.metadata, resourceVersion: '1' } }, undefined, undefined, 'm'),
      client => client.update({ ...OBJECT, metadata: { ...OBJECT.metadata, resourceVersion: '1' } }, manager),
    ],
    [
      'apply',
      api => api.patch(OBJECT, undefined, undefined, 'm', undefined, PatchStrategy.ServerSideApply),
      client => client.apply(OBJECT, manager),
    ],
    [
      'apply with force, tried',
      api => api.patch(OBJECT, undefined, 'All', 'm', true, PatchStrategy.ServerSideApply),
      client => client.apply(OBJECT, { ...manager, force: true, dryRun: true }),
    ],
    [
      'delete',
      api =>
        api.delete(
          OBJECT,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          deleteOptions({ propagationPolicy: 'Foreground' }),
        ),
      client => client.delete(REF, { propagation: 'Foreground' }),
    ],
    [
      'delete one that is known',
      api =>
        api.delete(
          OBJECT,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          deleteOptions({ preconditions: { uid: 'u' } }),
        ),
      client => client.delete(REF, { preconditions: { uid: 'u' } }),
    ],
  ]
  server.answer(200, OBJECT)
  const text = kubeconfig({ token: 'abc' })
  const api = KubernetesObjectApi.makeApiClient(official(text))
  await withClient(connectionOf(parseKubeconfig(text, 'config')), async client => {
    for (const [name, theirs, ours] of calls) {
      await theirs(api)
      const expected = server.taken()
      await ours(client)
      assert.deepEqual(server.taken(), expected, name)
      assert.equal(expected.length, 1, name)
    }
    // The official client takes whole objects as patches, so that these carry more than the change.
    for (const [type, strategy] of [
      ['merge', PatchStrategy.MergePatch],
      ['strategic', PatchStrategy.StrategicMergePatch],
    ] as const) {
      await api.patch({ ...OBJECT, ...patch }, undefined, undefined, 'm', undefined, strategy)
      const [{ body: _theirs, ...expected } = { body: '' }] = server.taken()
      await client.patch(REF, patch, { ...manager, type })
      const [{ body, ...seen } = { body: '' }] = server.taken()
      assert.deepEqual(seen, expected, type)
      assert.deepEqual(body, patch)
    }
  })
})

function deleteOptions(fields: object) {
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...fields }
}

test('lists ask for the same', async () => {
  server.answer(200, { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] })
  const text = kubeconfig({ token: 'abc' })
  const api = official(text).makeApiClient(CoreV1Api)
  const scope = { labelSelector: 'a in (b, c),!d', fieldSelector: 'metadata.name=c', limit: 3 }
  await withClient(connectionOf(parseKubeconfig(text, 'config')), async client => {
    await api.listNamespacedConfigMap({ namespace: 'team', ...scope, _continue: 'next/=' })
    const one = server.taken()
    await client.listPage(CONFIG_MAP, { namespace: 'team', ...scope, continue: 'next/=' })
    assert.deepEqual(server.taken(), one)
    await api.listConfigMapForAllNamespaces({ resourceVersion: '3', resourceVersionMatch: 'NotOlderThan' })
    const all = server.taken()
    await client.listPage(CONFIG_MAP, { resourceVersion: '3', resourceVersionMatch: 'NotOlderThan' })
    assert.deepEqual(server.taken(), all)
  })
})
