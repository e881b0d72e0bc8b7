import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

/*
 * Runs the benchmarks one after another: `npm run bench`, or `npm run bench -- --short` for the few that CI can afford.
 * Each prints its own figures; machines differ, so compare figures of one run with each other only.
 */
interface Bench {
  readonly name: string
  readonly whole?: readonly string[]
  /** Arguments for CI; it is left out there without. */
  readonly short?: readonly string[]
}

const benches: readonly Bench[] = [
  { name: 'live', short: ['10'] },
  { name: 'yaml', short: ['1'] },
  { name: 'source', short: [] },
  { name: 'kustomize' },
  { name: 'sandbox' },
  {
    name: 'scale/main',
    whole: ['--count', '100,300,1000', '--out', 'bench/results'],
    short: ['--count', '50', '--layout', 'monorepo'],
  },
]

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
for (const { name, short, whole = [] } of benches) {
  const args = values.short ? short : whole
  if (args === undefined) continue
  console.log(`\n== ${name}`)
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, `${name}.ts`), ...args], {
    cwd: path.join(import.meta.dirname, '..'),
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
