import { fork } from 'node:child_process'
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

export async function startMeasuredEngine(kubeconfig: string, dataDir: string): Promise<MeasuredEngine> {
  const child = fork(path.join(import.meta.dirname, 'engine-process.ts'), [kubeconfig, dataDir], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...(process.env['LOCKSTEP_ENGINE_FLAGS'] ?? '').split(' ').filter(Boolean)],
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
