import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

/*
 * Runs the benchmarks one after another: `npm run bench`, or `npm run bench -- --short` for the few that CI can afford.
 * Each prints its own figures; machines differ, so compare figures of one run with each other only.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const benches: readonly (readonly [name: string, short: readonly string[] | undefined])[] = [
  ['live', ['10']],
  ['yaml', ['1']],
  ['source', []],
  ['kustomize', undefined],
  ['sandbox', undefined],
]

for (const [name, short] of benches) {
  if (values.short && short === undefined) continue
  console.log(`\n== ${name}`)
  const file = path.join(import.meta.dirname, `${name}.ts`)
  const { status } = spawnSync(process.execPath, [file, ...(values.short ? (short ?? []) : [])], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
