import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { ControlPlane } from '../cluster/control-plane.ts'

const LOCKSTEP = path.resolve(import.meta.dirname, '../../bin/lockstep')

/** Lockstep as users install it: what `lockstep install` applies, and the engine as a process of its own. */
export interface Installation {
  /** The engine's metrics. */
  scrape(): Promise<string>
  /** Ends the engine and starts another one on the same storage, as when its Pod is replaced. */
  restart(): Promise<void>
  /** Ends the engine as a Pod's end does; resolves with its exit code. */
  stop(): Promise<number | null>
}

interface Ready {
  readonly metrics: string
  readonly artifacts: string
}

/** The line of a log as container runtimes keep it, which is the form in which the API server gets it from a node. */
function runtimeLine(line: string): string {
  return `${new Date().toISOString().replace('Z', '000000Z')} stderr F ${line}\n`
}

/** Resolves with the addresses that an engine tells of when it starts and serves. */
async function readyOf(engine: ChildProcess, onLine: (line: string) => void): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>()
  let port = 0
  createInterface({ input: engine.stderr! }).on('line', line => {
    onLine(line)
    const { msg, metrics, artifacts } = JSON.parse(line) as { msg: string; metrics?: number; artifacts?: string }
    port = metrics ?? port
    if (msg === 'the engine runs')
      resolve({ metrics: `http://127.0.0.1:${port}/metrics`, artifacts: new URL(artifacts ?? '').host })
  })
  engine.once('exit', code => reject(new Error(`the engine ended with ${code}; its log is among those of the pods`)))
  return await promise
}

/**
 * Installs on a control plane of the test bed. Its nodes run no programs, so the engine runs beside it, as the container of
 * the Deployment would: what it logs is what the API server gives as the log of the Pod.
 */
export async function install({ directory, kubeconfig }: ControlPlane): Promise<Installation> {
  const env = { ...process.env, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system', NO_COLOR: '1' }
  await promisify(execFile)(LOCKSTEP, ['install'], { env })
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-installed-'))
  const log = createWriteStream(path.join(directory, 'pods.log'), { flags: 'a' })
  let artifacts = '127.0.0.1:0'
  let metrics = ''
  let engine: ChildProcess

  async function start(): Promise<void> {
    const flags = [
      `--storage-path=${folder}`,
      `--storage-addr=${artifacts}`,
      '--metrics-addr=127.0.0.1:0',
      '--health-addr=127.0.0.1:0',
      '--enable-leader-election',
    ]
    engine = spawn(LOCKSTEP, ['run', ...flags], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const ready = await readyOf(engine, line => log.write(runtimeLine(line)))
    artifacts = ready.artifacts
    metrics = ready.metrics
  }

  async function end(): Promise<number | null> {
    if (engine.exitCode !== null || engine.signalCode !== null) return engine.exitCode
    engine.kill('SIGTERM')
    const [code] = (await once(engine, 'exit')) as [number | null]
    return code
  }

  async function stop(): Promise<number | null> {
    const code = await end()
    log.end()
    await rm(folder, { recursive: true })
    return code
  }

  await start().catch(async error => {
    await stop()
    throw error
  })
  return {
    scrape: async () => (await fetch(metrics)).text(),
    async restart() {
      await end()
      await start()
    },
    stop,
  }
}
