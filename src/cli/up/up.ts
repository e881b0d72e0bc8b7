import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { kustomizationKind } from '../../api/kustomization.ts'
import { jsonLogger } from '../../engine/log.ts'
import { connectCluster } from '../../kube/client.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { watchResource } from '../../kube/informer.ts'
import { connectionOf } from '../../kube/kubeconfig.ts'
import { parseKubeconfig } from '../../kube/load-connection.ts'
import { openSqliteLedger } from '../../ledger/sqlite.ts'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import type { UpOptions } from '../commands/up.ts'
import type { CliContext } from '../context.ts'
import { startEngineProcess } from '../engine-process.ts'
import { installCrds } from '../install/install-crds.ts'
import { kustomization } from '../kinds.ts'
import { summaryOf } from '../summary.ts'
import { entryObjects } from './entries.ts'
import { guide } from './guide.ts'
import { narratedLedger } from './narrator.ts'
import { openRepository, sampleRepository } from './repository.ts'

/** Ends things in the opposite order in which they were begun, whatever happens. */
type Cleanup = () => Promise<unknown> | unknown

interface Cluster {
  readonly client: KubeClient
  /** Undefined for somebody's own cluster. */
  readonly kubeconfig: string | undefined
}

async function openCluster(
  options: UpOptions,
  context: CliContext,
  dataDir: string,
  cleanups: Cleanup[],
): Promise<Cluster> {
  if (options.context !== undefined) {
    const client = await context.connect(options)
    cleanups.push(() => client.close())
    return { client, kubeconfig: undefined }
  }
  const sandbox = await startSandbox(options.keep === true ? { dataFile: path.join(dataDir, 'cluster.db') } : {})
  cleanups.push(() => sandbox.stop())
  const kubeconfig = path.join(dataDir, 'kubeconfig')
  await writeFile(kubeconfig, sandbox.kubeconfig(), { mode: 0o600 })
  const client = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), kubeconfig)))
  cleanups.push(() => client.close())
  return { client, kubeconfig }
}

async function applyAll(client: KubeClient, objects: readonly (JsonObject | KubeObject)[]): Promise<void> {
  for (const object of objects) await client.apply(object as KubeObject, { fieldManager: 'lockstep', force: true })
}

/**
 * Resolves with their number when all Kustomizations are Ready at once: the expected ones, and those that came of them. Also
 * when the signal says that it takes too long.
 */
async function untilReady(client: KubeClient, expected: number, signal: AbortSignal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const informer = watchResource(client, kustomizationKind, { onChange: () => queueMicrotask(check) })
  const check = () => {
    const all = informer.list()
    if (all.length >= expected && all.every(object => summaryOf(kustomization, object).ready === 'True')) resolve()
  }
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  const count = informer.list().length
  informer.close()
  return count
}

/**
 * Runs cluster, repository and engine in this process until Ctrl-C. Without `--keep` everything lives in a temporary folder
 * that is gone afterwards.
 */
export async function up(options: UpOptions, context: CliContext): Promise<void> {
  const { signal, terminal } = context
  const cleanups: Cleanup[] = []
  const started = Date.now()
  try {
    const dataDir =
      options.keep === true
        ? path.resolve(options.data ?? '.lockstep')
        : await mkdtemp(path.join(tmpdir(), 'lockstep-'))
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (options.keep !== true) cleanups.push(() => rm(dataDir, { recursive: true, force: true }))

    const { client, kubeconfig } = await openCluster(options, context, dataDir, cleanups)
    terminal.done(`${kubeconfig === undefined ? 'connected to' : 'embedded cluster at'} ${client.server}`)
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } }
    await applyAll(client, [namespace])
    await installCrds(client)

    let onPush = (_url: string) => {}
    const branch = options.branch === undefined ? {} : { branch: options.branch }
    const source = { dataDir, ...branch, onPush: (url: string) => onPush(url) }
    const repository =
      options.repo === undefined ? await sampleRepository(source) : await openRepository(options.repo, source)
    cleanups.push(() => repository.close())
    terminal.done(`repository at ${repository.url}, branch ${repository.branch}`)

    const ledger = openSqliteLedger(path.join(dataDir, 'ledger.db'))
    cleanups.push(() => ledger.close())
    const engine = await startEngineProcess({
      cluster: client,
      dataDir,
      ledger: narratedLedger(ledger, terminal),
      log: jsonLogger(context.env['LOCKSTEP_DEBUG'] === undefined ? () => {} : line => process.stderr.write(line)),
      settings: {
        concurrency: 8,
        noCrossNamespaceRefs: false,
        noRemoteBases: false,
        clusterName: kubeconfig === undefined ? client.name : 'embedded',
      },
    })
    cleanups.push(() => engine.stop())
    onPush = url => engine.pushed(url)
    const entries = await entryObjects(repository, options.path)
    await applyAll(client, entries)
    const count = await untilReady(
      client,
      entries.filter(({ kind }) => kind === 'Kustomization').length,
      AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    )
    if (!signal.aborted) {
      terminal.done(
        `${count === 1 ? '1 Kustomization is' : `${count} Kustomizations are`} ready after ${((Date.now() - started) / 1000).toFixed(1)} s`,
      )
      terminal.out(guide({ repository, kubeconfig, dataDir, keep: options.keep === true }))
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    terminal.doing('stopping')
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}
