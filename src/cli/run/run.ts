import { randomUUID } from 'node:crypto'
import { access, constants, mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { gitRepositoryKind } from '../../api/git-repository.ts'
import { kustomizationKind } from '../../api/kustomization.ts'
import type { EngineSettings } from '../../engine/context.ts'
import { jsonLogger, type Logger } from '../../engine/log.ts'
import { createMetrics, type Metrics } from '../../engine/metrics/metrics.ts'
import { connectCluster } from '../../kube/client.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { ApiError } from '../../kube/cluster.ts'
import type { Election } from '../../kube/leader.ts'
import { loadConnection } from '../../kube/load-connection.ts'
import { openSqliteLedger } from '../../ledger/sqlite.ts'
import { type ListenAddress, listen } from '../../server/listen.ts'
import { metricsHandler } from '../../server/metrics.ts'
import { probeHandler } from '../../server/probes.ts'
import { type CliContext, defaultNamespace, type GlobalOptions } from '../context.ts'
import { type EngineProcess, startEngineProcess } from '../engine-process.ts'
import { CommandFailure } from '../failure.ts'
import { version } from '../version.ts'
import { holdEngineLock, leaseNameFor } from './engine-lock.ts'
import type { RunSettings } from './settings.ts'

/** How long letting go of things may take when the API server does not answer. */
const LET_GO_MS = 10_000
/** Any time does. */
const KEEP_ALIVE_MS = 60_000

function engineSettings(settings: RunSettings, namespace: string, clusterName: string): EngineSettings {
  const {
    concurrency,
    defaultDecryptionServiceAccount,
    defaultKubeconfigServiceAccount,
    defaultServiceAccount,
    intervalJitterPercentage,
    noCrossNamespaceRefs,
    noRemoteBases,
    sopsAgeSecret,
  } = settings
  const { remoteHosts, retryDelay, watchAllNamespaces, watchLabelSelector } = settings
  return {
    concurrency,
    noCrossNamespaceRefs,
    noRemoteBases,
    ...(remoteHosts !== undefined && { remoteHosts }),
    clusterName,
    intervalJitterPercentage,
    retryDelay,
    ...(defaultServiceAccount !== undefined && { defaultServiceAccount }),
    ...(defaultKubeconfigServiceAccount !== undefined && { defaultKubeconfigServiceAccount }),
    ...(defaultDecryptionServiceAccount !== undefined && { defaultDecryptionServiceAccount }),
    ...(sopsAgeSecret !== undefined && { sopsAgeSecret: { namespace, name: sopsAgeSecret } }),
    ...(watchLabelSelector !== undefined && { watchLabelSelector }),
    ...(!watchAllNamespaces && { watchNamespace: namespace }),
  }
}

async function checkStorage(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailure(`${folder} cannot be written to: ${code} (name another folder with --storage-path)`)
  }
}

async function checkKinds(cluster: KubeClient): Promise<void> {
  for (const kind of [gitRepositoryKind, kustomizationKind]) {
    await cluster.resource(kind).catch(error => {
      if (!(error instanceof ApiError) || error.code !== 404) throw error
      throw new CommandFailure(`${error.message} (install the definitions with: lockstep install)`)
    })
  }
}

async function serve(flag: string, address: ListenAddress | undefined, handle: Parameters<typeof listen>[1]) {
  if (address === undefined) return undefined
  return await listen(address, handle).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(`nothing can be served on port ${address.port}: ${error.code} (choose another --${flag})`)
  })
}

function delay(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}

/** What one process is doing; what readiness is told from. */
interface Progress {
  engine: EngineProcess | undefined
  /** Undefined once it stands by or serves. */
  notReady: string | undefined
}

interface Parts {
  readonly settings: RunSettings
  readonly options: GlobalOptions
  readonly context: CliContext
  readonly log: Logger
}

/** Stands by until the lease is held, runs the engine while it is, and resolves when the process is told to end. */
async function serveWhileHeld(
  parts: Parts,
  cluster: KubeClient,
  metrics: Metrics,
  progress: Progress,
  lead: Leadership,
) {
  const { settings, options, context, log } = parts
  const namespace = options.namespace ?? context.env['RUNTIME_NAMESPACE'] ?? defaultNamespace(context.env)
  const identity = `${hostname()}_${randomUUID()}`
  const name = leaseNameFor(settings.watchLabelSelector)
  const ledger = openSqliteLedger(path.join(settings.storagePath, 'ledger.db'))
  const ended = Promise.withResolvers<void>()
  let starting: Promise<void> | undefined

  async function start(signal: AbortSignal): Promise<void> {
    log.info('lease acquired, starting the engine', { identity, lease: `${namespace}/${name}` })
    progress.notReady = 'the caches are not synced'
    await checkKinds(cluster)
    const { host, port } = settings.storageAddress
    const engine = await startEngineProcess({
      cluster,
      dataDir: settings.storagePath,
      ledger: metrics.counted(ledger),
      log,
      settings: engineSettings(settings, namespace, cluster.name),
      observer: metrics.observer,
      listen: { port, host },
      ...(settings.advertised !== undefined && { advertised: settings.advertised }),
    })
    progress.engine = engine
    metrics.watch(engine)
    if (signal.aborted) return
    progress.notReady = undefined
    log.info('the engine runs', { artifacts: engine.artifactAddress })
  }

  const election = holdEngineLock({
    cluster,
    namespace,
    name,
    identity,
    election: settings.election,
    onHeld(signal) {
      starting = start(signal).catch(ended.reject)
      signal.addEventListener('abort', () => {
        const { message } = signal.reason as Error
        // What is on its way out must not lead once more.
        void election.stop()
        ended.reject(new CommandFailure(`the lease ${namespace}/${name} was lost: ${message}`))
      })
    },
    onRefused: ended.reject,
    onHolder(holder) {
      if (holder === identity || holder === '') return
      log.info('another engine holds the lease', { holder, lease: `${namespace}/${name}` })
      if (settings.election.enabled) progress.notReady = undefined
      else progress.notReady = `waiting for the lease of ${holder} to expire`
    },
    onError(error) {
      log.error('the lease cannot be read or written', error, { lease: `${namespace}/${name}` })
      const isMissing = error instanceof ApiError && error.code === 404
      if (isMissing && progress.engine === undefined)
        ended.reject(new CommandFailure(`the namespace ${namespace} does not exist (create it with: lockstep install)`))
    },
  })
  lead.election = election
  context.signal.addEventListener('abort', () => ended.resolve(), { once: true })
  if (context.signal.aborted) ended.resolve()
  let graceMs = 0
  try {
    await ended.promise
    graceMs = settings.graceMs
    log.info('stopping: finishing what is in flight', { graceMs })
  } finally {
    progress.notReady = 'stopping'
    const letGo = async () => {
      await starting
      await progress.engine?.stop({ graceMs })
      metrics.watch(undefined)
      if (settings.election.release) await election.stop()
      await ledger.close()
    }
    await Promise.race([letGo(), delay(graceMs + LET_GO_MS)])
  }
}

interface Leadership {
  election: Election | undefined
}

/**
 * The engine as a process of its own, in a cluster or beside it: probes, metrics, the lease, and the engine while the lease
 * is held. Resolves after SIGTERM when what was in flight has ended; rejects where it cannot run, or lost the lease.
 */
export async function run(settings: RunSettings, options: GlobalOptions, context: CliContext): Promise<void> {
  const log = jsonLogger(context.terminal.err, { level: settings.logLevel, now: context.clock })
  for (const note of settings.notes) log.info(note)
  await checkStorage(settings.storagePath)
  const lead: Leadership = { election: undefined }
  const metrics = createMetrics({
    concurrency: settings.concurrency,
    leader: () => ({ name: leaseNameFor(settings.watchLabelSelector), leading: lead.election?.leading ?? false }),
  })
  const connection = await loadConnection({
    env: context.env,
    ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }),
    ...(options.context !== undefined && { context: options.context }),
  })
  const { host } = new URL(connection.server)
  const cluster = connectCluster(connection, {
    userAgent: `lockstep/${version()}`,
    onRequest: event => metrics.request(host, event),
  })
  const progress: Progress = { engine: undefined, notReady: 'the lease was not looked at yet' }
  const probes = await serve(
    'health-addr',
    settings.healthAddress,
    probeHandler(() => ({ live: true, notReady: progress.notReady })),
  )
  const scraped = await serve(
    'metrics-addr',
    settings.metricsAddress,
    metricsHandler(() => metrics.text()),
  )
  const ports = { probes: probes?.port, metrics: scraped?.port }
  log.info('lockstep starts', { version: version(), server: connection.server, ...ports })
  // The engine's own timers keep no process alive; where nothing is listened on, waiting for the lease would be the end.
  const alive = setInterval(() => {}, KEEP_ALIVE_MS)
  try {
    await serveWhileHeld({ settings, options, context, log }, cluster, metrics, progress, lead)
  } finally {
    clearInterval(alive)
    await Promise.all([probes?.close(), scraped?.close()])
    metrics.close()
    await cluster.close()
  }
  log.info('stopped')
}
