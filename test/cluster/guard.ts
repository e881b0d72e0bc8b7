import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launch } from './launch.ts'
import type { ControlPlaneOptions } from './options.ts'

/**
 * The process between a test and its control plane. It starts the components as its children, prints one JSON line when
 * they are ready, and takes them down when its standard input ends, which also happens when the test is killed.
 * Arguments: the options as JSON, the working folder, and `--detached` to outlive the process that started it.
 */
const [json = '{}', directory = '', mode] = process.argv.slice(2)
const children: ChildProcess[] = []
const dieWithParent = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0

function start(name: string, command: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), 'a')
  const [file = command, ...rest] = dieWithParent
    ? ['setpriv', '--pdeathsig', 'KILL', command, ...args]
    : [command, ...args]
  const child = spawn(file, rest, {
    stdio: ['ignore', log, log],
    cwd: directory,
    env: { ...process.env, HOME: directory },
  })
  child.once('exit', code => stop(`${name} ended with ${code}; see ${name}.log`))
  children.push(child)
  return child
}

let stopping = false
function stop(reason?: string): void {
  if (stopping) return
  stopping = true
  for (const child of children) child.kill('SIGKILL')
  if (reason !== undefined) process.stderr.write(`control plane: ${reason}\n`)
  const keepLogs = reason !== undefined
  void Promise.all(
    children.map(child => child.exitCode ?? child.signalCode ?? new Promise(r => child.once('exit', r))),
  ).then(() => {
    if (!keepLogs) rmSync(directory, { recursive: true, force: true })
    process.exit(keepLogs ? 1 : 0)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop())
if (mode !== '--detached')
  process.stdin
    .on('end', () => stop())
    .on('error', () => stop())
    .resume()

try {
  const running = await launch(JSON.parse(json) as ControlPlaneOptions, directory, start)
  process.stdout.write(`${JSON.stringify({ ...running, pids: [process.pid, ...children.map(child => child.pid)] })}\n`)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}
