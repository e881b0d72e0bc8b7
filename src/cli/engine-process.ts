import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import path from 'node:path'
import type { EngineSettings } from '../engine/context.ts'
import { type Engine, startEngine } from '../engine/engine.ts'
import type { Logger } from '../engine/log.ts'
import type { WorkObserver } from '../engine/work-observer.ts'
import type { KubeClient } from '../kube/client-types.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Clock, systemClock } from '../manifest/clock.ts'
import { openArtifactStore } from '../source/artifact/artifact-store.ts'
import { openGitSource } from '../source/git/git-source.ts'

export interface EngineProcessOptions {
  readonly cluster: KubeClient
  /** Mirrors and artifacts are kept here. */
  readonly dataDir: string
  readonly ledger: Ledger
  readonly log: Logger
  readonly settings: EngineSettings
  /** Told about each run, for metrics. */
  readonly observer?: WorkObserver
  /** The machine's by default. */
  readonly clock?: Clock
  /** Port and host that artifacts are served on; a free port of the loopback interface by default. */
  readonly listen?: { readonly port: number; readonly host?: string | undefined }
  /** `host[:port]` by which others reach the artifacts; where they are served by default. */
  readonly advertised?: string
}

/** The engine with the server that its artifacts are downloaded from. */
export interface EngineProcess extends Engine {
  readonly artifactAddress: string
}

/** Starts the engine and what belongs to it in this process. `stop` ends all of it but the ledger and the cluster's client. */
export async function startEngineProcess(options: EngineProcessOptions): Promise<EngineProcess> {
  const { cluster, dataDir, ledger, log, settings, listen = { port: 0, host: '127.0.0.1' } } = options
  const clock = options.clock ?? systemClock
  const now = () => clock.now()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const git = await openGitSource({ dataDir: path.join(dataDir, 'git'), elapsed: () => clock.elapsed() })
  const server = createServer((request, response) => void artifacts.handle(request, response))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ ...listen }, resolve))
  const { port } = server.address() as AddressInfo
  const address = `http://${options.advertised ?? `${listen.host ?? hostname()}:${port}`}`
  const artifacts = await openArtifactStore({ folder: path.join(dataDir, 'artifacts'), address, now })
  const engine = await startEngine({
    cluster,
    git,
    artifacts,
    ledger,
    log,
    settings,
    clock,
    ...(options.observer !== undefined && { observer: options.observer }),
  })
  return {
    ...engine,
    artifactAddress: address,
    async stop(grace) {
      await engine.stop(grace)
      await git.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
