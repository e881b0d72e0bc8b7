import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { CorpusSuite } from './suite.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', short: 'v', default: false }, failures: { type: 'string', default: '20' } },
})
const root = process.env['LOCKSTEP_CORPORA'] ?? path.resolve(import.meta.dirname, '../../../shared/corpora')
const limit = Number(values.failures)

async function loadSuites(): Promise<CorpusSuite[]> {
  const folder = path.join(import.meta.dirname, 'suites')
  const files = readdirSync(folder).filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const suites = await Promise.all(
    files.map(async file => ((await import(path.join(folder, file))) as { suite: CorpusSuite }).suite),
  )
  return suites.toSorted((a, b) => a.corpus.localeCompare(b.corpus))
}

/** `corpus case` of every case that test/corpora-exceptions.md names with its reason. */
function loadExceptions(): ReadonlySet<string> {
  const text = readFileSync(path.join(import.meta.dirname, '../corpora-exceptions.md'), 'utf8')
  return new Set([...text.matchAll(/^- (\S+) `([^`]+)`/gm)].map(([, corpus, name]) => `${corpus} ${name}`))
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false
}

const wanted = (await loadSuites()).filter(suite => positionals.length === 0 || positionals.includes(suite.corpus))
const exceptions = loadExceptions()
const lines: string[] = []
let missed = 0
let skipped = 0
for (const suite of wanted) {
  const folder = path.join(root, suite.corpus)
  if (!isFolder(folder)) {
    lines.push(`${suite.corpus} skipped: no ${folder}`)
    skipped++
    continue
  }
  let passed = 0
  let total = 0
  let shown = 0
  let excepted = 0
  for await (const result of suite.run(folder)) {
    total++
    if (result.passed) passed++
    else if (exceptions.has(`${suite.corpus} ${result.name}`)) excepted++
    else if (values.verbose || shown++ < limit)
      console.log(`✖ ${suite.corpus}: ${result.name}\n  ${result.detail ?? ''}`)
  }
  missed += total - passed - excepted
  lines.push(`${suite.corpus} ${passed}/${total}${excepted > 0 ? ` (${excepted} in corpora-exceptions.md)` : ''}`)
}
console.log(lines.join('\n'))
if (skipped > 0) console.log(`${skipped} corpora skipped`)
process.exitCode = missed > 0 ? 1 : 0
