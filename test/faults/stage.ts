import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../cluster/control-plane.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type ApiProxy, startApiProxy } from './api-proxy.ts'
import { type EngineChild, type EngineStart, startEngine } from './engine.ts'
import { type Fleet, filesBetween, NAMESPACE, rootKustomization } from './fleet.ts'
import { startWitness, type Witness } from './witness.ts'

const REPOSITORY = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' }

/** A real control plane, a Git host with a fleet, and somebody who watches; engines come and go. */
export interface Stage {
  readonly plane: ControlPlane
  readonly git: GitServer
  readonly user: KubeClient
  readonly witness: Witness
  /** A new way to the API server, with a kubeconfig that leads through it. */
  proxy(): Promise<{ readonly proxy: ApiProxy; readonly kubeconfig: string }>
  /** An empty folder. */
  folder(name: string): Promise<string>
  /** Starts an engine that is killed at the end of the test at the latest. */
  engine(options: EngineStart): EngineChild
  /** Commits the fleet in place of the one before; gives the commit. The engine is not told. */
  commit(fleet: Fleet): Promise<string>
  /** Commits the fleet and asks for it, as `flux reconcile source git` does. */
  push(fleet: Fleet): Promise<string>
  /** Asks the engine to look at the repository. */
  ask(): Promise<void>
  /** What was committed last. */
  readonly fleet: Fleet
}

interface TestContext {
  after(task: () => unknown): void
}

function kubeconfigOf(url: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'faults',
    contexts: [{ name: 'faults', context: { cluster: 'faults', user: 'admin' } }],
    clusters: [
      { name: 'faults', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'admin', user: { token } }],
  })
}

/** Everything is gone when the test is over. `fleet` is what is committed first. */
export async function openStage(t: TestContext, fleet: Fleet, options: ControlPlaneOptions = {}): Promise<Stage> {
  const root = await mkdtemp(path.join(tmpdir(), 'lockstep-faults-'))
  const endings: (() => unknown)[] = [() => rm(root, { recursive: true, force: true })]
  t.after(async () => {
    for (const end of endings.toReversed()) await end()
  })
  const plane = await startControlPlane(options)
  endings.push(() => plane.stop())
  const git = await startGitServer()
  endings.push(() => git.close())
  const user = connectCluster(await loadConnection({ kubeconfig: plane.kubeconfig }))
  endings.push(() => user.close())
  const witness = startWitness(user)
  endings.push(() => witness.close())
  let committed: Fleet = {}
  let commits = 0

  const apply = (object: unknown) => user.apply(object as KubeObject, { fieldManager: 'user', force: true })
  async function commit(next: Fleet): Promise<string> {
    // Some commits change nothing that is applied; they have to get everywhere all the same.
    const sha = await git.commit('fleet', { ...filesBetween(committed, next), 'README.md': `${++commits} commits\n` })
    committed = next
    witness.holds(next)
    return sha
  }
  async function ask(): Promise<void> {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() }
    const ref = { ...REPOSITORY, namespace: NAMESPACE, name: 'fleet' }
    await user.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager: 'flux' })
  }

  await installCrds(user)
  for (const name of ['flux-system', NAMESPACE])
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await git.create('fleet')
  await commit(fleet)
  await apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'fleet', namespace: NAMESPACE },
    spec: { interval: '10m', url: `${git.url}/fleet.git`, ref: { branch: 'main' } },
  })
  await apply(rootKustomization())

  return {
    plane,
    git,
    user,
    witness,
    get fleet() {
      return committed
    },
    async proxy() {
      const proxy = await startApiProxy(plane)
      endings.push(() => proxy.close())
      const kubeconfig = path.join(root, `kubeconfig-${endings.length}`)
      await writeFile(kubeconfig, kubeconfigOf(proxy.url, proxy.ca, plane.token), { mode: 0o600 })
      return { proxy, kubeconfig }
    },
    folder: name => mkdtemp(path.join(root, `${name}-`)),
    engine(start) {
      const engine = startEngine(start)
      endings.push(() => engine.kill())
      return engine
    },
    commit,
    async push(next) {
      const sha = await commit(next)
      await ask()
      return sha
    },
    ask,
  }
}
