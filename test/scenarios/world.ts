import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type EngineProcess, startEngineProcess } from '../../src/cli/engine-process.ts'
import { installCrds } from '../../src/cli/install/install-crds.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient, RequestEvent } from '../../src/kube/client-types.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type SkippingClock, skippingClock } from '../support/skipping-clock.ts'

/** A cluster, a Git host and an engine between them, shared by the scenarios of one process. */
export interface World {
  readonly kind: 'embedded' | 'real'
  /** The user's own client. */
  readonly user: KubeClient
  readonly git: GitServer
  readonly ledger: Ledger
  /** The cluster's, as a text. */
  readonly kubeconfig: string
  /** Its authority's certificate, PEM. */
  readonly ca: string
  /** The engine's. */
  readonly clock: SkippingClock
  /** What the engine asked the API server since the last call. */
  takeRequests(): readonly RequestEvent[]
  engine(): EngineProcess
  /** Ends the engine's connections at once, as a killed process does, and forgets all that it had in memory. */
  killEngine(): Promise<void>
  /** Kills the engine right after so many more writes to the API; resolves when it is dead. */
  killAfter(writes: number): Promise<void>
  /** Takes `killAfter` back; false where it is too late. */
  spare(): boolean
  startEngine(): Promise<void>
  close(): Promise<void>
}

const WRITES: ReadonlySet<string> = new Set(['apply', 'create', 'delete', 'patch', 'update'])

/** The cluster that LOCKSTEP_KUBECONFIG names, or an embedded one. */
export async function openWorld(): Promise<World> {
  const file = process.env['LOCKSTEP_KUBECONFIG']
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-scenarios-'))
  const sandbox = file === undefined ? await startSandbox() : undefined
  const text = sandbox === undefined ? await readFile(file ?? '', 'utf8') : sandbox.kubeconfig()
  const connection = connectionOf(parseKubeconfig(text, file ?? 'embedded'))
  const { ca } = connection
  if (ca === undefined || !('pem' in ca)) throw new Error('the kubeconfig has no certificate-authority-data')
  const connect = (onRequest?: (event: RequestEvent) => void) =>
    connectCluster(connection, onRequest === undefined ? {} : { onRequest })
  const user = connect()
  const git = await startGitServer()
  const ledger = openSqliteLedger(path.join(folder, 'ledger.db'))
  const clock = skippingClock()
  /** A restart does not move the artifacts to another address. */
  let listen = { host: '127.0.0.1', port: 0 }
  let requests: RequestEvent[] = []
  let doom: { left: number; readonly done: () => void } | undefined
  let running: { readonly process: EngineProcess; readonly client: KubeClient } | undefined

  await installCrds(user)

  async function startEngine(): Promise<void> {
    const client = connect(event => {
      requests.push(event)
      if (doom === undefined || !WRITES.has(event.verb) || --doom.left > 0) return
      const { done } = doom
      doom = undefined
      void killEngine().then(done)
    })
    const log = jsonLogger(process.env['LOCKSTEP_DEBUG'] === undefined ? () => {} : line => process.stderr.write(line))
    const settings = { concurrency: 8, noCrossNamespaceRefs: false, noRemoteBases: false, clusterName: 'test' }
    running = {
      client,
      process: await startEngineProcess({ cluster: client, dataDir: folder, ledger, log, settings, clock, listen }),
    }
    listen = { host: '127.0.0.1', port: Number(new URL(running.process.artifactAddress).port) }
  }

  async function killEngine(): Promise<void> {
    const doomed = running
    running = undefined
    // Closing the client first makes every request in flight and every later one fail, as after kill -9.
    await doomed?.client.close()
    await doomed?.process.stop()
  }

  await startEngine()
  return {
    kind: sandbox === undefined ? 'real' : 'embedded',
    user,
    git,
    ledger,
    kubeconfig: text,
    ca: ca.pem,
    clock,
    takeRequests() {
      const taken = requests
      requests = []
      return taken
    },
    engine() {
      if (running === undefined) throw new Error('the engine is not running; start it first')
      return running.process
    },
    killEngine,
    killAfter(left) {
      const { promise, resolve } = Promise.withResolvers<void>()
      doom = { left, done: resolve }
      return promise
    },
    spare() {
      const isAlive = doom !== undefined
      doom = undefined
      return isAlive
    },
    startEngine,
    async close() {
      await running?.process.stop()
      await running?.client.close()
      await user.close()
      await git.close()
      await ledger.close()
      await sandbox?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
