import type { ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { binaryFolder, kubernetes, kwok } from './build.ts'
import type { ControlPlaneOptions, RunningControlPlane, TokenUser } from './options.ts'

type Start = (name: string, command: string, args: readonly string[]) => ChildProcess

const deadline = 60_000

/** Starts the components in their order with files in `directory`; resolves when the API server and the nodes are ready. */
export async function launch(
  options: ControlPlaneOptions,
  directory: string,
  start: Start,
): Promise<Omit<RunningControlPlane, 'pids'>> {
  const file = (name: string) => join(directory, name)
  const binaries = binaryFolder(kubernetes)
  const [clientPort = 0, peerPort = 0, apiPort = 0, kubeletPort = 0] = await freePorts(4)
  const etcd = `http://127.0.0.1:${clientPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  start('etcd', join(binaries, 'etcd'), [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ])

  const users = tokenUsers(options.users ?? [])
  writeFileSync(file('tokens.csv'), users.map(tokenLine).join(''), { mode: 0o600 })
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  writeFileSync(file('service-accounts.key'), key.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  start('kube-apiserver', join(binaries, 'kube-apiserver'), [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    `--cert-dir=${file('certificates')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${file('service-accounts.key')}`,
    `--service-account-signing-key-file=${file('service-accounts.key')}`,
    '--allow-privileged=true',
    `--audit-policy-file=${join(import.meta.dirname, 'audit.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    ...(options.apiServerFlags ?? []),
  ])

  const url = `https://127.0.0.1:${apiPort}`
  const caFile = file('certificates/apiserver.crt')
  const token = (name: string) => users.find(user => user.name === name)?.token ?? ''
  const api = (method: string, path: string, body?: unknown) => call(url, caFile, token('admin'), method, path, body)
  await until('the API server', async () => (await api('GET', '/readyz')).status === 200)
  const ca = readFileSync(caFile)
  const kubeconfigOf = (name: string, path: string) => {
    writeFileSync(path, kubeconfig(url, ca, name, token(name)), { mode: 0o600 })
    return path
  }
  const running = {
    kubeconfig: kubeconfigOf('admin', file('kubeconfig')),
    url,
    token: token('admin'),
    caFile,
    etcd,
    directory,
    binaries,
  }
  if (options.controllers === false) return running

  start('kube-controller-manager', join(binaries, 'kube-controller-manager'), [
    `--kubeconfig=${kubeconfigOf('system:kube-controller-manager', file('controller-manager.kubeconfig'))}`,
    `--service-account-private-key-file=${file('service-accounts.key')}`,
    `--root-ca-file=${caFile}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--secure-port=0',
    // Its own limit of 20 requests a second lets it follow no more than 5 changed Deployments a second.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ])
  start('kube-scheduler', join(binaries, 'kube-scheduler'), [
    `--kubeconfig=${kubeconfigOf('system:kube-scheduler', file('scheduler.kubeconfig'))}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ])
  writeFileSync(file('pods.log'), '')
  writeFileSync(file('pods.yaml'), podLogs(file('pods.log')))
  start('kwok', join(binaryFolder(kwok), 'kwok'), [
    `--kubeconfig=${kubeconfigOf('kwok', file('kwok.kubeconfig'))}`,
    `--config=${join(import.meta.dirname, 'kwok.yaml')}`,
    `--config=${file('pods.yaml')}`,
    '--manage-all-nodes=true',
    '--cidr=10.244.0.0/16',
    // Without leases, nodes count as lost again and again, and their Pods as not ready from then on.
    '--node-lease-duration-seconds=40',
    '--node-ip=127.0.0.1',
    `--node-port=${kubeletPort}`,
    `--server-address=127.0.0.1:${kubeletPort}`,
    `--tls-cert-file=${caFile}`,
    `--tls-private-key-file=${file('certificates/apiserver.key')}`,
  ])
  for (let i = 1; i <= (options.nodes ?? 2); i++) {
    const created = await api('POST', '/api/v1/nodes', node(`node-${i}`))
    if (created.status !== 201) throw new Error(`creating node-${i} failed with ${created.status}: ${created.text}`)
  }
  await until('the default service account', async () => {
    return (await api('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200
  })
  await until('the nodes', async () => {
    const list = JSON.parse((await api('GET', '/api/v1/nodes')).text) as { items: NodeStatus[] }
    return list.items.every(item => item.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True'))
  })
  return running
}

interface NodeStatus {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

function node(name: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        type: 'kwok',
      },
    },
  }
}

/** What every container prints: the lines of a file, which are in the form of container runtimes. */
function podLogs(file: string): string {
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: all}
spec: {logs: [{logsFile: ${file}}]}
`
}

function tokenUsers(extra: readonly TokenUser[]): readonly TokenUser[] {
  const component = (name: string, groups: readonly string[] = []) => ({
    name,
    groups,
    token: randomBytes(24).toString('hex'),
  })
  return [
    component('admin', ['system:masters']),
    component('kwok', ['system:masters']),
    component('system:kube-controller-manager'),
    component('system:kube-scheduler'),
    ...extra,
  ]
}

function tokenLine({ name, token, groups = [] }: TokenUser): string {
  return `${token},${name},${name},"${groups.join(',')}"\n`
}

function kubeconfig(url: string, ca: Buffer, user: string, token: string): string {
  return `apiVersion: v1
kind: Config
current-context: lockstep-test
contexts:
- name: lockstep-test
  context: {cluster: lockstep-test, user: '${user}'}
clusters:
- name: lockstep-test
  cluster: {server: '${url}', certificate-authority-data: ${ca.toString('base64')}}
users:
- name: '${user}'
  user: {token: ${token}}
`
}

/** Ports that were free a moment ago; all are held until the last one is known, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map(server => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + deadline
  while (!(await ready().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what} did not get ready within ${deadline / 1000} s`)
    await delay(50)
  }
}

function call(
  url: string,
  caFile: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const req = request(`${url}${path}`, { method, headers, ca: readFileSync(caFile) }, res => {
      const parts: Buffer[] = []
      res.on('data', part => parts.push(part)).on('error', reject)
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(parts).toString() }))
    })
    req.on('error', reject)
    req.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
