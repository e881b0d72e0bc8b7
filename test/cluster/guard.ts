import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { launch } from './launch.ts'
import type { ControlPlaneOptions } from './options.ts'

/**
 * The process between a test and its control plane. It starts the components as its children, prints one JSON line when
 * they are ready, and takes them down when its standard input ends, which also happens when the test is killed. Until then
 * it obeys lines on it: `kill NAME` kills a component with SIGKILL, `start NAME` starts it again with the same arguments;
 * each is answered by the line itself when it is done.
 * Arguments: the options as JSON, the working folder, and `--detached` to outlive the process that started it.
 */
const [json = '{}', directory = '', mode] = process.argv.slice(2)
const children = new Map<string, ChildProcess>()
const commands = new Map<string, readonly [command: string, args: readonly string[]]>()
/** Components that are down because they were told to be. */
const killed = new Set<string>()
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
  child.once('exit', code => {
    if (!killed.has(name)) stop(`${name} ended with ${code}; see ${name}.log`)
  })
  children.set(name, child)
  commands.set(name, [command, args])
  return child
}

async function obey(line: string): Promise<void> {
  const [verb, name = ''] = line.split(' ')
  const [command, args] = commands.get(name) ?? []
  if (command === undefined || args === undefined) return stop(`there is no component ${name}`)
  if (verb === 'kill') {
    killed.add(name)
    const child = children.get(name)!
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  } else {
    killed.delete(name)
    start(name, command, args)
  }
  process.stdout.write(`${line}\n`)
}

let stopping = false
function stop(reason?: string): void {
  if (stopping) return
  stopping = true
  const all = [...children.values()]
  for (const child of all) child.kill('SIGKILL')
  if (reason !== undefined) process.stderr.write(`control plane: ${reason}\n`)
  const keepLogs = reason !== undefined
  void Promise.all(
    all.map(child => child.exitCode ?? child.signalCode ?? new Promise(r => child.once('exit', r))),
  ).then(() => {
    if (!keepLogs) rmSync(directory, { recursive: true, force: true })
    process.exit(keepLogs ? 1 : 0)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop())
if (mode !== '--detached') {
  process.stdin.on('error', () => stop())
  createInterface({ input: process.stdin })
    .on('line', line => void obey(line))
    .on('close', () => stop())
}

try {
  const running = await launch(JSON.parse(json) as ControlPlaneOptions, directory, start)
  process.stdout.write(
    `${JSON.stringify({ ...running, pids: [process.pid, ...[...children.values()].map(child => child.pid)] })}\n`,
  )
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}
