import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { build, kubernetes, kwok, unavailable } from './build.ts'
import type { ControlPlaneOptions, RunningControlPlane } from './options.ts'

export type { ControlPlaneOptions, RunningControlPlane, TokenUser } from './options.ts'

/** A real Kubernetes API server (and, unless told otherwise, its controllers and simulated nodes) on loopback. */
export interface ControlPlane extends RunningControlPlane {
  /** Kills a component (`kube-apiserver`, `etcd`, …) with SIGKILL; resolves when it is gone. */
  kill(component: string): Promise<void>
  /** Starts a killed component again with the arguments that it had; resolves at once, before it is ready. */
  restart(component: string): Promise<void>
  /** Ends every process and removes every file. Safe to call twice. */
  stop(): Promise<void>
}

/** Why no control plane can run here, in words for a skipped test; undefined where one can. */
export function available(): string | undefined {
  if (process.platform === 'win32') return 'the control plane runs on Linux and macOS only'
  return unavailable([kubernetes, kwok])
}

/**
 * Starts a control plane on free ports, building it first where the cache has none. It goes down with `stop()` or with
 * the calling process, however that ends. Rejects with the component's own words when it does not get ready.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { running, guard, lines } = await startGuard(options, false)
  async function order(line: string): Promise<void> {
    const waiting = new AbortController()
    const answer = Promise.race([once(lines, 'line', waiting), once(guard, 'exit', waiting)])
    guard.stdin?.write(`${line}\n`)
    const [done] = await answer
    waiting.abort()
    if (done !== line) throw new Error(`the control plane ended at '${line}'; its logs are in ${running.directory}`)
  }
  return {
    ...running,
    kill: component => order(`kill ${component}`),
    restart: component => order(`start ${component}`),
    async stop() {
      if (guard.exitCode !== null || guard.signalCode !== null) return
      const gone = once(guard, 'exit')
      guard.stdin?.end()
      await gone
    },
  }
}

/** Starts a control plane that outlives the calling process. Killing `pids[0]` with SIGTERM ends it. */
export async function startDetachedControlPlane(options: ControlPlaneOptions = {}): Promise<RunningControlPlane> {
  const { running, guard, lines } = await startGuard(options, true)
  lines.close()
  guard.stdout?.destroy()
  guard.unref()
  return running
}

async function startGuard(
  options: ControlPlaneOptions,
  detached: boolean,
): Promise<{ running: RunningControlPlane; guard: ChildProcess; lines: Interface }> {
  const reason = available()
  if (reason !== undefined) throw new Error(`the real control plane ${reason}`)
  const log = (line: string) => process.stderr.write(`${line}\n`)
  for (const module of [kubernetes, kwok]) await build(module, log)
  const directory = await mkdtemp(join(tmpdir(), 'lockstep-cluster-'))
  const args = [join(import.meta.dirname, 'guard.ts'), JSON.stringify(options), directory]
  // Its own process group, so that Ctrl-C reaches it through the end of its input and not in the middle of its start.
  const guard = spawn(process.execPath, detached ? [...args, '--detached'] : args, {
    detached: true,
    stdio: [detached ? 'ignore' : 'pipe', 'pipe', detached ? 'ignore' : 'inherit'],
  })
  const lines = createInterface({ input: guard.stdout! })
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(guard, 'exit').then(() => undefined),
  ])
  if (first === undefined) throw new Error(`the control plane did not start; its logs are in ${directory}`)
  return { running: JSON.parse(first) as RunningControlPlane, guard, lines }
}
