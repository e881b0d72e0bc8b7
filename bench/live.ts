/**
 * How long it takes from the end of `git push` to the changed object on the cluster, and from a manual change to its end,
 * through a real push over HTTP, a real engine and the cluster that LOCKSTEP_KUBECONFIG names (an embedded one without).
 *
 *     node bench/live.ts [rounds]
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { startEngineProcess } from '../src/cli/engine-process.ts'
import { crds } from '../src/cli/install/manifests.ts'
import { jsonLogger } from '../src/engine/log.ts'
import { connectCluster } from '../src/kube/client.ts'
import { watchResource } from '../src/kube/informer.ts'
import { connectionOf } from '../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../src/kube/load-connection.ts'
import { openSqliteLedger } from '../src/ledger/sqlite.ts'
import type { KubeObject } from '../src/manifest/object.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { serveGit } from '../src/server/git-http.ts'

const rounds = Number(process.argv[2] ?? 20)
const run = promisify(execFile)
const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-live-'))
const file = process.env['LOCKSTEP_KUBECONFIG']
const sandbox = file === undefined ? await startSandbox() : undefined
const kubeconfig = sandbox === undefined ? await readFile(file ?? '', 'utf8') : sandbox.kubeconfig()
const connect = () => connectCluster(connectionOf(parseKubeconfig(kubeconfig, 'bench')))
const namespace = `live-${Date.now().toString(36)}`

const user = connect()
const objects = [...crds(), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]
for (const object of objects) await user.apply(object as unknown as KubeObject, { fieldManager: 'bench', force: true })

const server = await serveGit({ root: folder, onPush: name => engine.pushed(`${server.url}/${name}`) })
const engineClient = connect()
const engine = await startEngineProcess({
  cluster: engineClient,
  dataDir: path.join(folder, 'data'),
  ledger: openSqliteLedger(':memory:'),
  log: jsonLogger(() => {}),
  settings: { concurrency: 8, noCrossNamespaceRefs: false, noRemoteBases: false, clusterName: 'bench' },
})

const work = path.join(folder, 'work')
const git = (...args: string[]) =>
  run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', ...args], { cwd: work })
const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: "${value}"\n`

async function push(files: Readonly<Record<string, string>>, message: string): Promise<void> {
  for (const [name, value] of Object.entries(files)) {
    await writeFile(path.join(work, `${name}.yaml`), configMap(name, value))
  }
  await git('add', '.')
  await git('commit', '-qm', message)
  await git('push', '-q', 'origin', 'HEAD:main')
}

const seen = new Map<string, number>()
let waiting: { readonly value: string; readonly resolve: (at: number) => void } | undefined
const informer = watchResource(
  user,
  { group: '', version: 'v1', kind: 'ConfigMap' },
  {
    namespace,
    onChange({ object }) {
      const value = String((object['data'] as Record<string, string> | undefined)?.['value'])
      const at = performance.now()
      seen.set(value, at)
      if (waiting?.value === value) waiting.resolve(at)
    },
  },
)
await informer.synced

function appears(value: string): Promise<number> {
  const at = seen.get(value)
  if (at !== undefined) return Promise.resolve(at)
  return new Promise(resolve => {
    waiting = { value, resolve }
  })
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0)} ms`
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`
}

await mkdir(path.join(folder, 'bench.git'))
await run('git', ['init', '-q', '--bare', '--initial-branch=main', path.join(folder, 'bench.git')])
await run('git', ['clone', '-q', `${server.url}/bench.git`, work])
const names = Array.from({ length: rounds }, (_, index) => `conf-${index}`)
await push(Object.fromEntries(names.map(name => [name, `first ${name}`])), 'first')
const apply = (object: KubeObject) => user.apply(object, { fieldManager: 'bench' })
await apply({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'bench', namespace },
  spec: { interval: '1h', url: `${server.url}/bench.git`, ref: { branch: 'main' } },
})
await apply({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'bench', namespace },
  spec: {
    interval: '1h',
    path: './',
    prune: true,
    targetNamespace: namespace,
    sourceRef: { kind: 'GitRepository', name: 'bench' },
  },
})
for (const name of names) await appears(`first ${name}`)

const pushes: number[] = []
const reverts: number[] = []
// An object of its own for each round: reverts of one object in a row are slowed down on purpose.
for (const name of names) {
  const value = `second ${name}`
  await push({ [name]: value }, value)
  const pushed = performance.now()
  pushes.push((await appears(value)) - pushed)
  await engine.idle()
  seen.delete(value)
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name }
  const changed = performance.now()
  await user.patch(ref, { data: { value: 'manual' } }, { type: 'merge', fieldManager: 'kubectl-edit' })
  reverts.push((await appears(value)) - changed)
  await engine.idle()
}
console.log(
  `from the end of git push to the object on the ${sandbox === undefined ? 'real' : 'embedded'} cluster: ${summary(pushes)} (${rounds} rounds)`,
)
console.log(`from a manual change to its end: ${summary(reverts)}`)

informer.close()
await user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
await engine.stop()
await engineClient.close()
await user.close()
await server.close()
await sandbox?.stop()
await rm(folder, { recursive: true, force: true })
