import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Counts } from './reporter.ts'

/*
 * Runs every test file in a few processes, a share each. One process for many files saves the start of hundreds; several
 * use the cores while scenarios wait for a cluster. Arguments narrow the files: `npm test -- src/render`.
 */
const PROCESSES = 3
const root = path.resolve(import.meta.dirname, '..')
const only = process.argv.slice(2)
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
  .filter(file => only.length === 0 || only.some(each => file.startsWith(path.normalize(each))))
  .toSorted()
const shares = Array.from({ length: PROCESSES }, (_, share) => files.filter((_, index) => index % PROCESSES === share))

/** Runs the files and passes on what they print; a process that ends without its counts has failed once more. */
async function run(share: readonly string[]): Promise<Counts> {
  const seed = path.join(import.meta.dirname, 'seed.ts')
  const options = ['--disable-warning=ExperimentalWarning', '--import', seed, '--test', '--test-isolation=none']
  const reporter = `--test-reporter=${path.join(import.meta.dirname, 'reporter.ts')}`
  const child = spawn(process.execPath, [...options, reporter, ...share], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let counts: Counts = { passed: 0, failed: 1, skipped: 0 }
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('{"passed":')) counts = JSON.parse(line) as Counts
    else console.log(line)
  }
  return counts
}

const all = await Promise.all(shares.filter(share => share.length > 0).map(run))
const sum = (of: keyof Counts) => all.reduce((total, counts) => total + counts[of], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
process.exitCode = sum('failed') > 0 || files.length === 0 ? 1 : 0
