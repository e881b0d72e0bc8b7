import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { load } from 'js-yaml'
import { type GitRepository, gitRepositoryKind } from '../../src/api/git-repository.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { untilServed } from '../../src/kube/until-served.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { build, fluxControllers, type GoModule } from '../cluster/build.ts'
import { moduleRoot } from '../cluster/cache.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { freePorts } from '../cluster/launch.ts'

/** The real source-controller and kustomize-controller at work on a control plane. */
export interface FluxControllers {
  /** The metrics of both. */
  scrape(): Promise<string>
  /** Ends both; what they have logged stays in the control plane's folder until that goes. */
  stop(): Promise<void>
}

/** The definitions that come with a controller; it does not start without all of them. */
async function definitionsOf({ name }: GoModule): Promise<readonly KubeObject[]> {
  const module = `github.com/fluxcd/${name}`
  const options = { cwd: path.join(moduleRoot, name) }
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], options)
  const { Dir } = JSON.parse(stdout) as { Dir: string }
  const files = globSync('config/crd/bases/*.yaml', { cwd: Dir })
  return files.map(file => load(readFileSync(path.join(Dir, file), 'utf8')) as KubeObject)
}

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly served: boolean }[]
  }
}

/** Puts Flux's own definitions into a cluster, over those of Lockstep where they are there, and waits until they are served. */
export async function installFluxDefinitions(user: KubeClient): Promise<void> {
  const definitions = (await Promise.all(fluxControllers.map(definitionsOf))).flat()
  for (const each of definitions) await user.apply(each, { fieldManager: 'flux', force: true })
  for (const { spec } of definitions as unknown as readonly Definition[])
    for (const { name: version, served } of spec.versions)
      if (served) await untilServed(user, { group: spec.group, version, kind: spec.names.kind })
}

/** Resolves when no artifact is to be had from anywhere but this address. */
async function untilArtifactsAreAt(address: string, user: KubeClient): Promise<void> {
  const deadline = Date.now() + 120_000
  const isElsewhere = ({ status }: GitRepository) => status?.artifact?.url.startsWith(address) === false
  while (((await user.list(gitRepositoryKind)) as GitRepository[]).some(isElsewhere)) {
    if (Date.now() > deadline) throw new Error(`there are artifacts elsewhere than at ${address}`)
    await pause(200)
  }
}

/**
 * Starts the controllers beside the cluster with their defaults, but for `flags`, as its administrator. The
 * kustomize-controller comes after the artifacts: for one whose server is gone it would wait for minutes, and keep others
 * from their turn.
 */
export async function startFluxControllers(
  { directory, kubeconfig }: ControlPlane,
  user: KubeClient,
  flags: readonly string[] = [],
): Promise<FluxControllers> {
  const storage = await mkdtemp(path.join(tmpdir(), 'lockstep-flux-'))
  const [port, ...metricsPorts] = await freePorts(1 + fluxControllers.length)
  const env = { ...process.env, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system' }
  const own: Readonly<Record<string, readonly string[]>> = {
    'source-controller': [
      `--storage-path=${storage}`,
      `--storage-addr=127.0.0.1:${port}`,
      `--storage-adv-addr=127.0.0.1:${port}`,
    ],
  }
  const children: ChildProcess[] = []

  async function start(): Promise<void> {
    for (const [index, module] of fluxControllers.entries()) {
      const log = openSync(path.join(directory, `${module.name}.log`), 'a')
      const metrics = `--metrics-addr=127.0.0.1:${metricsPorts[index]}`
      const args = [metrics, '--health-addr=0', '--log-encoding=json', ...(own[module.name] ?? []), ...flags]
      const file = path.join(await build(module), module.name)
      children.push(spawn(file, args, { env, stdio: ['ignore', log, log] }))
      await untilArtifactsAreAt(`http://127.0.0.1:${port}/`, user)
    }
  }

  async function stop(): Promise<void> {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(children.map(child => child.exitCode ?? once(child, 'exit')))
    await rm(storage, { recursive: true })
  }

  await start().catch(async error => {
    await stop()
    throw error
  })
  return {
    async scrape() {
      const answers = metricsPorts.map(async each => (await fetch(`http://127.0.0.1:${each}/metrics`)).text())
      return (await Promise.all(answers)).join('')
    },
    stop,
  }
}
