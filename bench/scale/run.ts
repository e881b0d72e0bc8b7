import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { kustomizationKind } from '../../src/api/kustomization.ts'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import { startGitServer } from '../../test/support/git-server.ts'
import { filesAt, kustomization, type Layout, manifests } from './application.ts'
import { startMeasuredEngine } from './engine.ts'
import { describeFigure, type Figure, type Report } from './figure.ts'
import { type FloorTimes, measureFloor } from './floor.ts'
import { forEach } from './for-each.ts'

export interface RunOptions {
  readonly count: number
  readonly layout: Layout
  /** The text of a kubeconfig. */
  readonly kubeconfig: string
  readonly cluster: Report['cluster']
}

interface Status {
  readonly lastAppliedRevision?: string
  readonly observedGeneration?: number
  readonly lastHandledReconcileAt?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

const DEADLINE_MS = 600_000
const DRIFTS = 50
const deploymentKind = { group: 'apps', version: 'v1', kind: 'Deployment' }

const statusOf = (object: KubeObject) => (object['status'] ?? {}) as Status
const isReady = (object: KubeObject) =>
  statusOf(object).observedGeneration === object.metadata.generation &&
  statusOf(object).conditions?.find(each => each.type === 'Ready')?.status === 'True'
const variableOf = (object: KubeObject | undefined) =>
  JSON.stringify(object?.['spec'] ?? '').match(/"value":"(\w+)"/)?.[1]

/** Takes N Kustomizations through their life on a cluster, and prints and gives what each step cost the engine. */
export async function measureRun({ count, layout, kubeconfig, cluster }: RunOptions): Promise<Report> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-scale-'))
  const kubeconfigFile = path.join(folder, 'kubeconfig')
  await writeFile(kubeconfigFile, kubeconfig, { mode: 0o600 })
  const user = connectCluster(connectionOf(parseKubeconfig(kubeconfig, 'bench')))
  const namespace = `scale-${layout}-${count}-${Date.now().toString(36)}`
  const names = Array.from({ length: count }, (_, index) => `app-${index}`)
  const last = names.at(-1) ?? ''
  const put = (object: unknown) => user.apply(object as KubeObject, { fieldManager: 'bench', force: true })
  await installCrds(user)
  await put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })

  const listeners = new Set<() => void>()
  const onChange = () => {
    for (const listener of listeners) listener()
  }
  const kustomizations = watchResource(user, kustomizationKind, { namespace, onChange })
  const deployments = watchResource(user, deploymentKind, { namespace, onChange })

  async function until(what: string, holds: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = () => void (holds() && resolve())
    const timer = setTimeout(() => reject(new Error(`${what} did not come about in ${DEADLINE_MS} ms`)), DEADLINE_MS)
    listeners.add(look)
    look()
    await promise.finally(() => {
      clearTimeout(timer)
      listeners.delete(look)
    })
  }
  const untilAll = (what: string, fits: (object: KubeObject) => boolean) =>
    until(what, () => kustomizations.list().filter(fits).length === count)

  const floor = await measureFloor(user, `${namespace}-floor`, names)
  let engine = await startMeasuredEngine(kubeconfigFile, path.join(folder, 'engine'))
  const figures: Figure[] = []
  const git = await startGitServer()

  async function measure(name: string, work: () => Promise<unknown>, least?: FloorTimes): Promise<void> {
    const before = await engine.usage()
    const started = performance.now()
    const times = await work()
    const elapsed = (performance.now() - started) / 1000
    await engine.idle()
    const { cpuSeconds, rssMiB, requests } = await engine.usage()
    const sorted = Array.isArray(times) ? (times as number[]).toSorted((a, b) => a - b) : []
    const figure: Figure = {
      name,
      seconds: sorted[Math.floor(sorted.length / 2)] ?? elapsed,
      ...(sorted.length > 0 && { p99: sorted[Math.ceil(sorted.length * 0.99) - 1] as number }),
      ...(least !== undefined && { floor: least }),
      cpuSeconds: cpuSeconds - before.cpuSeconds,
      peakMiB: rssMiB,
      requests,
    }
    figures.push(figure)
    console.log(describeFigure(figure))
  }

  try {
    const url = await git.create('bench')
    let sha = await git.commit('bench', filesAt(layout, names))
    const isAt = (object: KubeObject) => isReady(object) && statusOf(object).lastAppliedRevision === `main@sha1:${sha}`
    await put({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'bench', namespace },
      spec: { interval: '60m', url, ref: { branch: 'main' } },
    })
    const push = async (files: Readonly<Record<string, string>>) => {
      sha = await git.commit('bench', files)
      engine.pushed(url)
    }

    await measure(
      'install',
      async () => {
        await forEach(names, name => put(kustomization(layout, namespace, name, 'first')))
        await untilAll('the installation', isAt)
      },
      floor.create,
    )
    if (layout === 'shared') {
      await measure(
        'one value changed in every spec',
        async () => {
          await forEach(names, name => put(kustomization(layout, namespace, name, 'second')))
          await untilAll('the new value', object => object.metadata.generation === 2 && isReady(object))
        },
        floor.changeOfSpecs,
      )
    }
    await measure(
      'commit that touches all',
      async () => {
        await push(filesAt(layout, names, 'third'))
        await untilAll('the commit', isAt)
      },
      floor.change,
    )
    if (layout === 'monorepo') {
      await measure('commit that touches one, until it is applied', async () => {
        await push({ [`apps/${last}/all.yaml`]: manifests(last, 'fourth') })
        await until('the changed object', () => variableOf(deployments.get(namespace, last)) === 'fourth')
      })
      await untilAll('the revision', isAt)
      await measure('commit that touches one, until all have moved on', async () => {
        await push({ [`apps/${last}/all.yaml`]: manifests(last, 'fifth') })
        await untilAll('the revision', isAt)
      })
    }
    await measure('unchanged, asked by annotation', async () => {
      const token = new Date().toISOString()
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } }
      await forEach(names, name =>
        user.patch({ ...kustomizationKind, namespace, name }, patch, { type: 'merge', fieldManager: 'flux' }),
      )
      await untilAll('the answer', object => statusOf(object).lastHandledReconcileAt === token)
    })
    await measure('drift, from the change to its end', async () => {
      const times: number[] = []
      for (const name of names.slice(0, DRIFTS)) {
        const ref = { ...deploymentKind, namespace, name }
        const expected = variableOf(deployments.get(namespace, name))
        const drift = {
          spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'VALUE', value: 'x' }] }] } } },
        }
        const { metadata } = await user.patch(ref, drift, { type: 'strategic', fieldManager: 'kubectl-edit' })
        const started = performance.now()
        await until('the revert', () => {
          const seen = deployments.get(namespace, name)
          return Number(seen?.metadata.generation) > Number(metadata.generation) && variableOf(seen) === expected
        })
        times.push((performance.now() - started) / 1000)
      }
      return times
    })
    await engine.stop()
    engine = await startMeasuredEngine(kubeconfigFile, path.join(folder, 'engine'))
    await measure('second start, until it is quiet', () => engine.idle())
    await measure('delete all', async () => {
      await forEach(names, name => user.delete({ ...kustomizationKind, namespace, name }))
      await until('the end', () => kustomizations.list().length === 0)
    })
  } finally {
    await engine.stop()
    kustomizations.close()
    deployments.close()
    for (const name of [namespace, `${namespace}-floor`]) {
      await user.delete({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name }).catch(() => undefined)
    }
    await git.close()
    await user.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { count, layout, cluster, figures }
}
