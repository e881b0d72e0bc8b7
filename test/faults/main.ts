import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

/*
 * Faults on real control planes, for as long as one likes: `npm run faults -- --rounds 200`, with `--seed N` for what a run
 * before has found, and the beginnings of file names to run some of them: `npm run faults -- --rounds 50 kill idle`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string' } },
})
const seed = values.seed ?? String(Date.now() % 1_000_000)
const only = positionals.length === 0 ? [''] : positionals
console.log(`seed ${seed}`)
const { status } = spawnSync(process.execPath, ['test/run.ts', ...only.map(each => `test/faults/${each}`)], {
  cwd: path.resolve(import.meta.dirname, '../..'),
  stdio: 'inherit',
  env: { ...process.env, LOCKSTEP_REAL: '1', LOCKSTEP_FAULTS_ROUNDS: values.rounds, LOCKSTEP_FAULTS_SEED: seed },
})
process.exitCode = status ?? 1
