import { fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EngineUsage } from './engine-process.ts'

/** The engine in a process of its own. */
export interface MeasuredEngine {
  /** What it has used; requests are those since the last question. */
  usage(): Promise<EngineUsage>
  /** Resolves when nothing runs and nothing waits for its turn. */
  idle(): Promise<void>
  /** A webhook of the Git host. */
  pushed(url: string): void
  stop(): Promise<void>
}

/**
 * What the launcher sets for `lockstep run`: flags of Node, with what LOCKSTEP_ENGINE_FLAGS adds, such as `--cpu-prof`; and
 * the environment.
 */
async function engineSettings() {
  const launcher = await readFile(path.join(import.meta.dirname, '../../bin/lockstep'), 'utf8')
  const flags = /^engine_flags="(.*)"$/m.exec(launcher)?.[1]
  const arenas = /^engine_arenas=(\d+)$/m.exec(launcher)?.[1]
  if (flags === undefined || arenas === undefined)
    throw new Error('bin/lockstep has no lines with engine_flags and engine_arenas')
  return {
    execArgv: [
      ...process.execArgv,
      ...`${flags} ${process.env['LOCKSTEP_ENGINE_FLAGS'] ?? ''}`.split(' ').filter(Boolean),
    ],
    env: { MALLOC_ARENA_MAX: arenas, ...process.env },
  }
}

export async function startMeasuredEngine(kubeconfig: string, dataDir: string): Promise<MeasuredEngine> {
  const child = fork(path.join(import.meta.dirname, 'engine-process.ts'), [kubeconfig, dataDir], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    ...(await engineSettings()),
  })
  const answer = () => new Promise<EngineUsage>(resolve => child.once('message', each => resolve(each as EngineUsage)))
  const ask = (message: string): Promise<EngineUsage> => {
    const answered = answer()
    child.send(message)
    return answered
  }
  await answer()
  return {
    usage: () => ask('usage'),
    idle: async () => void (await ask('idle')),
    pushed: url => void child.send(`pushed ${url}`),
    async stop() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      await ask('stop')
      await ended
    },
  }
}
