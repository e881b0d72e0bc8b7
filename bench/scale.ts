/**
 * What N Kustomizations cost, as an operator sees it: seconds until all of them have answered, API requests, CPU seconds and
 * memory of the engine (a process of its own), beside the floor: bare server-side apply of the objects that change.
 *
 *     node bench/scale.ts [--count 100] [--layout shared|monorepo] [--json FILE]
 *
 * It runs on the cluster that LOCKSTEP_KUBECONFIG names, on an embedded one without.
 */
import { fork } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { kustomizationKind } from '../src/api/kustomization.ts'
import { crds } from '../src/cli/install/manifests.ts'
import { connectCluster } from '../src/kube/client.ts'
import { watchResource } from '../src/kube/informer.ts'
import { connectionOf } from '../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../src/kube/load-connection.ts'
import type { KubeObject } from '../src/manifest/object.ts'
import { readManifests } from '../src/manifest/yaml/manifests.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { startGitServer } from '../test/support/git-server.ts'
import type { EngineUsage } from './scale-engine.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    layout: { type: 'string', default: 'shared' },
    json: { type: 'string' },
  },
})
const count = Number(values.count)
const isShared = values.layout === 'shared'
const DEADLINE_MS = 600_000

const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-scale-'))
const given = process.env['LOCKSTEP_KUBECONFIG']
const sandbox = given === undefined ? await startSandbox() : undefined
const kubeconfig = sandbox === undefined ? await readFile(given ?? '', 'utf8') : sandbox.kubeconfig()
const kubeconfigFile = path.join(folder, 'kubeconfig')
await writeFile(kubeconfigFile, kubeconfig, { mode: 0o600 })
const user = connectCluster(connectionOf(parseKubeconfig(kubeconfig, 'bench')), {
  limiter: { initial: 16, maximum: 16 } as never,
})
const namespace = `scale-${Date.now().toString(36)}`
const names = Array.from({ length: count }, (_, index) => `app-${index}`)
const put = (object: unknown) => user.apply(object as KubeObject, { fieldManager: 'bench', force: true })

/** The four objects of an application: ServiceAccount, Service, Deployment without replicas, Ingress. */
const manifests = (name: string, value: string) => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 0
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: app
        image: example.test/app:1
        env:
        - name: VALUE
          value: "${value}"
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
spec:
  rules:
  - host: ${name}.example.test
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: ${name}
            port:
              number: 80
`

function filesAt(value: string): Record<string, string> {
  if (isShared) return { 'app/all.yaml': manifests('$'.concat('{name}'), value === '' ? '$'.concat('{value}') : value) }
  return Object.fromEntries(names.map(name => [`apps/${name}/all.yaml`, manifests(name, value)]))
}

function kustomization(name: string, value: string): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: {
      interval: '60m',
      timeout: '5m',
      prune: true,
      wait: true,
      path: isShared ? './app' : `./apps/${name}`,
      targetNamespace: namespace,
      sourceRef: { kind: 'GitRepository', name: 'bench' },
      ...(isShared && { postBuild: { substitute: { name, value } } }),
    },
  }
}

/** Runs `work` on every name, sixteen at a time. */
async function forAll(work: (name: string) => Promise<unknown>): Promise<void> {
  const queue = [...names]
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await work(name)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

let wake = () => {}
const informer = watchResource(user, kustomizationKind, { namespace, onChange: () => wake() })

/** Resolves when every Kustomization fits; rejects with how many do not when the time is over. */
async function until(fits: (object: KubeObject) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const missing = () => count - informer.list().filter(fits).length
  wake = () => void (missing() === 0 && resolve())
  wake()
  const timer = setTimeout(() => reject(new Error(`${missing()} of ${count} did not get there`)), DEADLINE_MS)
  await promise.finally(() => clearTimeout(timer))
  wake = () => {}
}

interface Status {
  readonly lastAppliedRevision?: string
  readonly observedGeneration?: number
  readonly lastHandledReconcileAt?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}
const statusOf = (object: KubeObject) => (object['status'] ?? {}) as Status
const isReady = (object: KubeObject) =>
  statusOf(object).observedGeneration === object.metadata.generation &&
  statusOf(object).conditions?.find(each => each.type === 'Ready')?.status === 'True'

const engine = fork(path.join(import.meta.dirname, 'scale-engine.ts'), [kubeconfigFile, path.join(folder, 'engine')], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
function ask(message: string): Promise<EngineUsage> {
  return new Promise(resolve => {
    engine.once('message', answer => resolve(answer as EngineUsage))
    engine.send(message)
  })
}

interface Figure {
  readonly name: string
  readonly seconds: number
  readonly floorSeconds?: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly requests: Readonly<Record<string, number>>
}
const figures: Figure[] = []

async function measure(name: string, work: () => Promise<void>, floorSeconds?: number): Promise<void> {
  const before = await ask('usage')
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  await ask('idle')
  const after = await ask('usage')
  const figure = {
    name,
    seconds,
    ...(floorSeconds !== undefined && { floorSeconds }),
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    peakMiB: after.rssMiB,
    requests: after.requests,
  }
  figures.push(figure)
  const floor =
    floorSeconds === undefined
      ? ''
      : `, floor ${floorSeconds.toFixed(2)} s (${(seconds / floorSeconds).toFixed(2)} times)`
  const total = Object.values(after.requests).reduce((sum, each) => sum + each, 0)
  console.log(
    `${name}: ${seconds.toFixed(2)} s${floor}, ${figure.cpuSeconds.toFixed(2)} CPU s, ${figure.peakMiB.toFixed(0)} MiB, ${total} requests`,
  )
  console.log(
    `    ${Object.entries(after.requests)
      .toSorted(([, a], [, b]) => b - a)
      .map(([what, times]) => `${times} ${what}`)
      .join(', ')}`,
  )
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** Bare server-side apply of every application, with as many requests at once as the engine makes. */
async function floor(suffix: string, value: string): Promise<number> {
  const at = `${namespace}-floor`
  await put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: at } })
  const objects = names.flatMap(name =>
    readManifests(manifests(`${name}${suffix}`, value), { file: '', dialect: 'kubectl' }).manifests.map(
      each => each.value,
    ),
  )
  const queue = objects.map(object => ({ ...object, metadata: { ...(object['metadata'] as object), namespace: at } }))
  const worker = async () => {
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) await put(object)
  }
  return await timed(() => Promise.all(Array.from({ length: 16 }, worker)))
}

const git = await startGitServer()
try {
  for (const object of [...crds(), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
    await put(object)
  const url = await git.create('bench')
  let sha = await git.commit('bench', filesAt(isShared ? '' : 'first'))
  await ask('idle')
  const createFloor = await floor('', 'first')
  const changeFloor = (await floor('', 'second')) / 4
  await put({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'bench', namespace },
    spec: { interval: '60m', url, ref: { branch: 'main' } },
  })
  const isAt = (commit: string) => (object: KubeObject) =>
    isReady(object) && statusOf(object).lastAppliedRevision === `main@sha1:${commit}`

  await measure(
    'install',
    async () => {
      await forAll(name => put(kustomization(name, 'first')))
      await until(isAt(sha))
    },
    createFloor,
  )
  if (isShared) {
    await measure(
      'one value changed in every spec',
      async () => {
        await forAll(name => put(kustomization(name, 'second')))
        await until(object => object.metadata.generation === 2 && isReady(object))
      },
      changeFloor,
    )
  }
  await measure(
    'commit that touches all',
    async () => {
      sha = await git.commit('bench', filesAt('third'))
      engine.send(`pushed ${url}`)
      await until(isAt(sha))
    },
    changeFloor,
  )
  if (!isShared) {
    const [first = ''] = names
    await measure('commit that touches one, until all have moved on', async () => {
      sha = await git.commit('bench', { [`apps/${first}/all.yaml`]: manifests(first, 'fourth') })
      engine.send(`pushed ${url}`)
      await until(isAt(sha))
    })
  }
  await measure('unchanged, asked by annotation', async () => {
    const token = new Date().toISOString()
    const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } }
    await forAll(name =>
      user.patch({ ...kustomizationKind, namespace, name }, patch, { type: 'merge', fieldManager: 'flux' }),
    )
    await until(object => statusOf(object).lastHandledReconcileAt === token)
  })
  await measure('delete all', async () => {
    await forAll(name => user.delete({ ...kustomizationKind, namespace, name }))
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = () => void (informer.list().length === 0 && resolve())
    wake()
    await promise
  })
} finally {
  await ask('stop')
  informer.close()
  for (const name of [namespace, `${namespace}-floor`]) {
    await user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name }).catch(() => undefined)
  }
  await git.close()
  await user.close()
  await sandbox?.stop()
  await rm(folder, { recursive: true, force: true })
}
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ count, layout: values.layout, figures }, null, 2)}\n`)
process.exit(0)
