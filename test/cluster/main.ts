import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { buildOracle, oracles } from './build.ts'
import { cacheRoot } from './cache.ts'
import { type RunningControlPlane, startControlPlane, startDetachedControlPlane } from './control-plane.ts'

const usage = `usage: npm run cluster -- up [--name NAME] [--nodes N] [--bare]   start one and print its kubeconfig
       npm run cluster -- down [--name NAME | --all]            stop it
       npm run cluster -- list                                  names and kubeconfigs of what runs
       npm run cluster -- exec [--nodes N] [--bare] -- CMD ARG… run CMD with KUBECONFIG set, then stop the cluster
       npm run cluster -- tools                                 build the programs that answers are compared with
`

const folder = join(cacheRoot(), 'cluster', 'running')
const stateFile = (name: string) => join(folder, `${name}.json`)
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function running(name: string): RunningControlPlane | undefined {
  if (!existsSync(stateFile(name))) return undefined
  const state = JSON.parse(readFileSync(stateFile(name), 'utf8')) as RunningControlPlane
  return state.pids[0] !== undefined && alive(state.pids[0]) ? state : undefined
}

function names(): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map(file => file.replace(/\.json$/, '')) : []
}

async function down(name: string): Promise<void> {
  const pid = running(name)?.pids[0]
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM')
    while (alive(pid)) await delay(20)
  }
  rmSync(stateFile(name), { force: true })
}

async function exec(command: readonly string[], options: { nodes: number; controllers: boolean }): Promise<number> {
  const [file, ...args] = command
  if (file === undefined) return fail()
  const cluster = await startControlPlane(options)
  const child = spawn(file, args, {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig, PATH: `${cluster.binaries}:${process.env['PATH']}` },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const code = await new Promise<number>(resolve => {
    child.once('error', error => {
      process.stderr.write(`${file}: ${error.message}\n`)
      resolve(127)
    })
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  await cluster.stop()
  return code
}

function fail(): number {
  process.stderr.write(usage)
  return 2
}

async function main(argv: readonly string[]): Promise<number> {
  const split = argv.indexOf('--')
  const own = split < 0 ? argv : argv.slice(0, split)
  const { positionals, values } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'default' },
      nodes: { type: 'string', default: '2' },
      bare: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  })
  const options = { nodes: Number(values.nodes), controllers: !values.bare }
  switch (positionals[0]) {
    case 'up': {
      const state = running(values.name) ?? (await startDetachedControlPlane(options))
      mkdirSync(folder, { recursive: true })
      writeFileSync(stateFile(values.name), JSON.stringify(state), { mode: 0o600 })
      process.stdout.write(`${state.kubeconfig}\n`)
      return 0
    }
    case 'down':
      for (const name of values.all ? names() : [values.name]) await down(name)
      return 0
    case 'list':
      for (const name of names()) {
        const state = running(name)
        if (state !== undefined) process.stdout.write(`${name}\t${state.kubeconfig}\n`)
      }
      return 0
    case 'exec':
      return exec(split < 0 ? positionals.slice(1) : argv.slice(split + 1), options)
    case 'tools':
      for (const module of oracles) {
        const links = await buildOracle(module, line => process.stderr.write(`${line}\n`))
        process.stdout.write(`${links.join('\n')}\n`)
      }
      return 0
    default:
      return fail()
  }
}

process.exitCode = await main(process.argv.slice(2))
