import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { startGitServer } from '../../../test/support/git-server.ts'
import { connectCluster } from '../../kube/client.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { watchResource } from '../../kube/informer.ts'
import { connectionOf } from '../../kube/kubeconfig.ts'
import { readLease } from '../../kube/lease.ts'
import { parseKubeconfig } from '../../kube/load-connection.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { installCrds } from '../install/install-crds.ts'

const main = path.join(import.meta.dirname, '../main.ts')
const DEADLINE_MS = 60_000

interface World {
  readonly client: KubeClient
  readonly folder: string
  readonly kubeconfig: string
  /** Ends the API server. */
  stop(): Promise<void>
}

async function openWorld(t: TestContext): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-run-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const sandbox = await startSandbox()
  t.after(() => sandbox.stop())
  const kubeconfig = path.join(folder, 'kubeconfig')
  await writeFile(kubeconfig, sandbox.kubeconfig())
  const client = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), kubeconfig)))
  t.after(() => client.close())
  return { client, folder, kubeconfig, stop: () => sandbox.stop() }
}

interface Engine {
  readonly process: ChildProcess
  /** Resolves with the first log line with this message, however long ago it was. */
  logged(message: string): Promise<Record<string, unknown>>
  /** Everything that was written so far. */
  output(): string
}

/** Starts `lockstep run` as a process of its own, with a short lease. */
function startEngine(t: TestContext, { folder, kubeconfig }: World, name: string, ...flags: string[]): Engine {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      ...['run', `--kubeconfig=${kubeconfig}`, `--storage-path=${path.join(folder, name)}`],
      ...['--storage-addr=127.0.0.1:0', '--metrics-addr=127.0.0.1:0', '--health-addr=127.0.0.1:0'],
      ...['lease-duration=3s', 'renew-deadline=2s', 'retry-period=300ms'].map(each => `--leader-election-${each}`),
      ...flags,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  t.after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stderr }).on('line', line => {
    lines.push(line)
    for (const look of waiting) look()
  })
  return {
    process: child,
    output: () => lines.join('\n'),
    logged(message) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`'${message}' was not logged:\n${lines.join('\n')}`)),
          DEADLINE_MS,
        )
        const look = () => {
          const found = lines.find(line => line.includes(`"msg":"${message}"`))
          if (found === undefined) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(JSON.parse(found))
        }
        waiting.add(look)
        look()
      })
    },
  }
}

async function exitOf({ process: child }: Engine): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Resolves when the ConfigMap holds the value. */
function untilValue(client: KubeClient, value: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      informer.close()
      reject(new Error(`${value} was not applied`))
    }, DEADLINE_MS)
    const informer = watchResource(
      client,
      { group: '', version: 'v1', kind: 'ConfigMap' },
      {
        namespace: 'apps',
        onChange({ object }) {
          if (object.metadata.name !== 'config' || (object['data'] as { value?: string }).value !== value) return
          clearTimeout(timer)
          queueMicrotask(() => informer.close())
          resolve()
        },
      },
    )
  })
}

const config = (value: string) => ({
  'config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: config
  namespace: apps
data:
  value: ${value}
`,
})

async function deploy(client: KubeClient, url: string): Promise<void> {
  const metadata = { name: 'apps', namespace: 'apps' }
  const namespaces = ['flux-system', 'apps'].map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  const repository = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata,
    spec: { interval: '1s', url, ref: { branch: 'main' } },
  }
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: { interval: '10m', prune: true, path: './', sourceRef: { kind: 'GitRepository', name: 'apps' } },
  }
  await installCrds(client)
  for (const object of [...namespaces, repository, kustomization])
    await client.apply(object as unknown as KubeObject, { fieldManager: 'test', force: true })
}

test('the standby takes over when the leader is killed, and ends in order on SIGTERM', async t => {
  const world = await openWorld(t)
  const git = await startGitServer()
  t.after(() => git.close())
  const url = await git.create('apps')
  await git.commit('apps', config('one'))
  await deploy(world.client, url)

  const first = startEngine(t, world, 'first', '--enable-leader-election')
  await first.logged('the engine runs')
  await untilValue(world.client, 'one')
  const second = startEngine(t, world, 'second', '--enable-leader-election')
  await second.logged('another engine holds the lease')
  const { probes, metrics } = await second.logged('lockstep starts')
  const ready = await fetch(`http://127.0.0.1:${probes}/readyz`)
  assert.equal(`${ready.status} ${await ready.text()}`, '200 ok\n', 'a standby is ready')

  first.process.kill('SIGKILL')
  await git.commit('apps', config('two'))
  await untilValue(world.client, 'two')
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  assert.match(text, /^leader_election_master_status\{name="lockstep-leader-election"\} 1$/m)
  assert.match(
    text,
    /^gotk_reconcile_duration_seconds_count\{kind="Kustomization",name="apps",namespace="apps"\} \d+$/m,
  )

  second.process.kill('SIGTERM')
  assert.equal(await exitOf(second), 0, second.output())
  const lease = await world.client.get({
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    namespace: 'flux-system',
    name: 'lockstep-leader-election',
  })
  assert.ok(lease !== undefined)
  assert.equal(readLease(lease).holder, '')
})

test('a shard applies what is its own from a source of another shard, and leaves the rest alone', async t => {
  const world = await openWorld(t)
  const git = await startGitServer()
  t.after(() => git.close())
  const url = await git.create('apps')
  await git.commit('apps', config('one'))
  const label = 'sharding.fluxcd.io/key'
  await deploy(world.client, url)
  const kustomizations = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
  const own = { ...kustomizations, namespace: 'apps', name: 'apps' }
  await world.client.patch(own, { metadata: { labels: { [label]: 'one' } } }, { type: 'merge', fieldManager: 'test' })
  const found = await world.client.get(own)
  const { labels: _, ...metadata } = found?.metadata ?? { name: '' }
  const foreign = { ...found, metadata: { name: 'foreign', namespace: metadata.namespace }, status: undefined }
  await world.client.create(foreign as unknown as KubeObject, { fieldManager: 'test' })

  const shard = startEngine(t, world, 'shard', `--watch-label-selector=${label}=one`)
  await untilValue(world.client, 'one')
  await git.commit('apps', config('two'))
  await untilValue(world.client, 'two')
  shard.process.kill('SIGTERM')
  assert.equal(await exitOf(shard), 0, shard.output())
  const repositories = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' }
  const others = [
    { ...repositories, namespace: 'apps', name: 'apps' },
    { ...own, name: 'foreign' },
  ]
  for (const other of others) {
    const object = await world.client.get(other)
    assert.equal(object?.metadata.finalizers, undefined)
    assert.doesNotMatch(JSON.stringify(object?.['status'] ?? {}), /Ready/)
  }
})

test('a second engine without election ends with an error and touches nothing', async t => {
  const world = await openWorld(t)
  await deploy(world.client, 'http://127.0.0.1:9/none.git')
  const first = startEngine(t, world, 'first')
  await first.logged('the engine runs')
  const second = startEngine(t, world, 'second')
  assert.equal(await exitOf(second), 1)
  assert.match(second.output(), /✗ another engine serves this cluster: /)
  assert.doesNotMatch(second.output(), /starting the engine/)
})

test('a cluster without the definitions or the namespace is told', async t => {
  const world = await openWorld(t)
  const homeless = startEngine(t, world, 'homeless', '--namespace=nowhere')
  assert.equal(await exitOf(homeless), 1)
  assert.match(homeless.output(), /✗ the namespace nowhere does not exist \(create it with: lockstep install\)/)
  const bare = startEngine(t, world, 'bare', '--namespace=default')
  assert.equal(await exitOf(bare), 1)
  assert.match(bare.output(), /✗ .*\(install the definitions with: lockstep install\)/)
})

test('an engine that cannot renew its lease ends by itself', async t => {
  const world = await openWorld(t)
  await deploy(world.client, 'http://127.0.0.1:9/none.git')
  const engine = startEngine(t, world, 'cut-off')
  await engine.logged('the engine runs')
  await world.stop()
  assert.equal(await exitOf(engine), 1)
  assert.match(engine.output(), /✗ the lease flux-system\/lockstep-leader-election was lost: /)
})
