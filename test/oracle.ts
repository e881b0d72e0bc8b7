import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { buildOracle, oracles, unavailable } from './cluster/build.ts'

/*
 * Compares `lockstep build` with the real kustomize, which is built from its Go module: on random trees, and on every
 * kustomization of the examples. `npm run test:oracle -- RUNS SEED`; other trees each time where no seed is given.
 */
const [, , runs = '500', seed = String(Date.now() % 2 ** 31)] = process.argv
const root = path.resolve(import.meta.dirname, '..')
const reason = unavailable(oracles)
if (reason !== undefined) {
  console.log(`skipped: no real kustomize to compare with: ${reason}`)
  process.exit(0)
}
for (const oracle of oracles.filter(({ name }) => name === 'kustomize'))
  await buildOracle(oracle, line => console.log(line))

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  return (
    spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0
  )
}

const folders = globSync('examples/**/kustomization.yaml', { cwd: root }).map(file => path.dirname(file))
const results = [
  run(['test/run.ts', 'test/kustomize'], { LOCKSTEP_DIFFERENTIAL_RUNS: runs, LOCKSTEP_DIFFERENTIAL_SEED: seed }),
  ...folders.map(folder => run(['test/kustomize/main.ts', folder, 'examples'])),
]
console.log(`${folders.length} kustomizations of the examples compared`)
process.exitCode = results.every(Boolean) ? 0 : 1
