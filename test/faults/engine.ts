import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const LOCKSTEP = path.resolve(import.meta.dirname, '../../bin/lockstep')
const DEADLINE_MS = 60_000
const TAIL = 30

/** `lockstep run` as a process of its own. */
export interface EngineChild {
  /** What it logged, one JSON object to a line; what it says at its end is plain text. */
  readonly lines: readonly string[]
  /** Resolves with the exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>
  /** Resolves with the first line that fits, also one from before; rejects when it ends without one, or after a minute. */
  said(pattern: RegExp): Promise<string>
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface EngineStart {
  readonly kubeconfig: string
  /** Storage, which outlives the process. */
  readonly folder: string
  /** Beyond where it listens and stores. */
  readonly flags?: readonly string[]
}

/** Starts the engine; nothing is waited for. */
export function startEngine({ kubeconfig, folder, flags = [] }: EngineStart): EngineChild {
  const addresses = ['--storage-addr=127.0.0.1:0', '--metrics-addr=0', '--health-addr=0']
  const child: ChildProcess = spawn(LOCKSTEP, ['run', `--storage-path=${folder}`, ...addresses, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system', NO_COLOR: '1' },
  })
  const lines: string[] = []
  const waiting = new Set<(line: string | undefined) => void>()
  const reader = createInterface({ input: child.stderr! })
  reader.on('line', line => {
    lines.push(line)
    for (const look of waiting) look(line)
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const drained = Promise.all([exited, once(reader, 'close')])
  void drained.then(() => {
    for (const look of waiting) look(undefined)
  })
  const isOver = () => child.exitCode !== null || child.signalCode !== null

  return {
    lines,
    exited: drained.then(([code]) => code),
    said(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const fail = (why: string) =>
        reject(new Error(`${why} without saying ${pattern}; its last words:\n${lines.slice(-TAIL).join('\n')}`))
      const look = (line: string | undefined) => {
        if (line === undefined) fail('the engine ended')
        else if (pattern.test(line)) resolve(line)
      }
      waiting.add(look)
      for (const line of lines) look(line)
      if (isOver()) void drained.then(() => look(undefined))
      const late = setTimeout(() => fail('the engine went on'), DEADLINE_MS)
      return promise.finally(() => {
        clearTimeout(late)
        waiting.delete(look)
      })
    },
    async kill() {
      if (!isOver()) child.kill('SIGKILL')
      await exited
    },
    async stop() {
      if (!isOver()) child.kill('SIGTERM')
      return await exited
    },
  }
}

/** Resolves when the engine holds its lease and serves. */
export async function running(engine: EngineChild): Promise<EngineChild> {
  await engine.said(/"msg":"the engine runs"/)
  return engine
}
