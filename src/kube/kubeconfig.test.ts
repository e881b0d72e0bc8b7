import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { KubeConfig } from '@kubernetes/client-node'
import { withFolder } from '../../test/support/test-cluster.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { Connection } from './connection.ts'
import { inClusterConnection } from './in-cluster.ts'
import { connectionOf } from './kubeconfig.ts'
import { loadConnection, loadKubeconfig, parseKubeconfig } from './load-connection.ts'
import { safeConnection } from './safe-kubeconfig.ts'

const FIRST = `apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: dev
  cluster:
    server: https://dev.example.com:6443/
    certificate-authority: ca.pem
    tls-server-name: kubernetes
    proxy-url: http://proxy:3128
- name: local
  cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}
contexts:
- name: dev
  context: {cluster: dev, user: jane, namespace: team}
- name: local
  context: {cluster: local, user: admin}
- name: broken
  context: {cluster: nowhere, user: jane}
users:
- name: jane
  user:
    tokenFile: secrets/token
    token: fallback
    as: boss
    as-groups: [leads]
    as-user-extra: {reason: [drill]}
- name: admin
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, client-key: /not/used}
- name: basic
  user: {username: joe, password: "pa:ss"}
- name: both
  user: {username: joe, password: x, token: abc}
- name: gone
  user: {auth-provider: {name: gcp}}
- name: half
  user: {client-certificate-data: Q0VSVA==}
`

const SECOND = `current-context: other
clusters:
- name: dev
  cluster: {server: https://ignored}
- name: other
  cluster: {server: other.example.com}
contexts:
- name: other
  context: {cluster: other, user: plugin}
users:
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [--cluster, other]
      env: [{name: REGION, value: eu}]
      interactiveMode: Never
      provideClusterInfo: true
`

test('a context becomes a connection', () => {
  const config = parseKubeconfig(FIRST, '/home/jane/.kube/config')
  assert.deepEqual(connectionOf(config), {
    name: 'dev',
    server: 'https://dev.example.com:6443',
    namespace: 'team',
    ca: { file: '/home/jane/.kube/ca.pem' },
    serverName: 'kubernetes',
    proxy: 'http://proxy:3128',
    login: { type: 'token-file', file: '/home/jane/.kube/secrets/token', fallback: 'fallback' },
    impersonate: { username: 'boss', groups: ['leads'], extra: { reason: ['drill'] } },
  } satisfies Connection)
  assert.deepEqual(connectionOf(config, 'local'), {
    name: 'local',
    server: 'https://127.0.0.1:6443',
    namespace: 'default',
    insecure: true,
    certificate: { cert: { pem: 'CERT' }, key: { pem: 'KEY' } },
    login: { type: 'none' },
  } satisfies Connection)
})

test('files of KUBECONFIG are merged; the first that names something wins, missing ones are skipped', async () => {
  await withFolder({ one: FIRST, two: SECOND }, async folder => {
    const env = { KUBECONFIG: ['one', 'missing', 'two'].map(name => path.join(folder, name)).join(path.delimiter) }
    const merged = await loadKubeconfig({ env })
    assert.equal(merged.currentContext, 'dev')
    assert.equal(merged.clusters.get('dev')?.['proxy-url'], 'http://proxy:3128')
    assert.deepEqual([...merged.contexts.keys()].sort(), ['broken', 'dev', 'local', 'other'])
    const other = await loadConnection({ env, context: 'other' })
    assert.equal(other.server, 'http://other.example.com')
    assert.deepEqual(other.login, {
      type: 'exec',
      plugin: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: path.join(folder, 'bin/login'),
        args: ['--cluster', 'other'],
        env: { REGION: 'eu' },
        interactiveMode: 'Never',
        provideClusterInfo: true,
      },
    })
  })
})

test('the official client reads the same', async () => {
  await withFolder({ config: FIRST }, async folder => {
    const file = path.join(folder, 'config')
    const theirs = new KubeConfig()
    theirs.loadFromFile(file)
    const ours = await loadKubeconfig({ kubeconfig: file })
    assert.equal(theirs.getCurrentContext(), ours.currentContext)
    for (const name of ['dev', 'local']) {
      theirs.setCurrentContext(name)
      const connection = connectionOf(ours, name)
      const cluster = theirs.getCurrentCluster()
      const user = theirs.getCurrentUser()
      assert.equal(cluster?.server.replace(/\/$/, ''), connection.server)
      assert.equal(
        cluster?.caFile,
        connection.ca !== undefined && 'file' in connection.ca ? connection.ca.file : undefined,
      )
      assert.equal(cluster?.tlsServerName, connection.serverName)
      assert.equal(cluster?.skipTLSVerify, connection.insecure ?? false)
      assert.equal(cluster?.proxyUrl, connection.proxy)
      assert.equal(user?.impersonateUser, connection.impersonate?.username)
      const cert = connection.certificate?.cert
      const data = user?.certData === undefined ? undefined : Buffer.from(user.certData, 'base64').toString()
      assert.equal(data, cert !== undefined && 'pem' in cert ? cert.pem : undefined)
      const namespace = theirs.getContextObject(name)?.namespace ?? 'default'
      assert.equal(namespace, connection.namespace)
    }
  })
})

test('what cannot work is told', () => {
  const message = (text: string, context?: string) => {
    try {
      connectionOf(parseKubeconfig(text, 'config'), context)
    } catch (error) {
      assert.ok(error instanceof DiagnosticError)
      return error.message
    }
    return 'nothing'
  }
  const asUser = (user: string) => `${FIRST}`.replace('cluster: local, user: admin', `cluster: local, user: ${user}`)
  assert.equal(message(FIRST, 'prod'), 'config has no context "prod" (it has: dev, local, broken)')
  assert.equal(message(FIRST, 'broken'), 'context "broken" names cluster "nowhere", which config does not have')
  assert.equal(message('kind: Secret'), 'config is a Secret, not a kubeconfig')
  assert.match(message(''), /^config sets no current context/)
  assert.match(message('a: [b'), /^config:\d+:\d+: /)
  assert.equal(
    message(asUser('both'), 'local'),
    'user "both" has more than one authentication method: token and password',
  )
  assert.match(
    message(asUser('gone'), 'local'),
    /uses the auth-provider "gcp", which Kubernetes removed; use an exec plugin/,
  )
  assert.match(message(asUser('half'), 'local'), /has a client certificate without a key/)
})

test('a kubeconfig from a tenant loses what could harm', () => {
  const dev = connectionOf(parseKubeconfig(FIRST, '/x/config'))
  const { connection, warnings } = safeConnection(dev)
  assert.deepEqual(connection, {
    name: 'dev',
    server: 'https://dev.example.com:6443',
    namespace: 'team',
    serverName: 'kubernetes',
    impersonate: dev.impersonate,
    login: { type: 'token', token: 'fallback' },
  })
  assert.deepEqual(
    warnings.map(one => one.message.split(' ')[0]),
    ['proxy-url', 'certificate-authority', 'tokenFile'],
  )
  const plugin = connectionOf(parseKubeconfig(SECOND, '/x/config'))
  assert.equal(safeConnection(plugin).connection.login.type, 'none')
  assert.equal(safeConnection(plugin, { allowExec: true }).connection.login.type, 'exec')
  const local = connectionOf(parseKubeconfig(FIRST, '/x/config'), 'local')
  assert.equal(safeConnection(local).connection.insecure, undefined)
  assert.equal(safeConnection(local, { allowInsecure: true }).connection.insecure, true)
})

test('a Pod uses its service account', async () => {
  await withFolder({ namespace: 'flux-system\n', token: 't', 'ca.crt': 'pem' }, async folder => {
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
    assert.deepEqual(inClusterConnection(env, folder), {
      name: 'in-cluster',
      server: 'https://[fd00::1]:443',
      namespace: 'flux-system',
      ca: { file: path.join(folder, 'ca.crt') },
      login: { type: 'token-file', file: path.join(folder, 'token') },
    })
  })
  assert.throws(() => inClusterConnection({}), /this is no Pod of a cluster/)
  await assert.rejects(
    loadConnection({ env: {}, home: '/nowhere' }),
    /there is no kubeconfig at \/nowhere\/.kube\/config/,
  )
})
