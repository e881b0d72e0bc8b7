import { compilePattern, type IgnorePattern } from '../../../src/source/ignore/pattern.ts'
import { defaultPatterns, ignoreRules, loadPatterns, readPatterns } from '../../../src/source/ignore/rules.ts'
import { memoryTree } from '../../../src/source/memory-tree.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface IgnoreCase {
  readonly name: string
  readonly ignore: string
  readonly domain?: readonly string[]
  readonly defaults?: boolean
  readonly ignored: Readonly<Record<string, boolean>>
}

interface PatternCase {
  readonly name: string
  readonly pattern: string
  readonly domain: readonly string[]
  readonly path: string
  readonly isDir: boolean
  readonly result: string
}

interface LoadCase {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly patterns: readonly { readonly pattern: string; readonly domain: readonly string[] }[]
}

function judgeIgnore({ name, ignore, domain = [], defaults = false, ignored }: IgnoreCase): CaseResult {
  const patterns = [...(defaults ? defaultPatterns(domain) : []), ...readPatterns(ignore, domain)]
  const rules = ignoreRules(patterns)
  const wrong = Object.entries(ignored).filter(([path, want]) => {
    const isDirectory = path.endsWith('/')
    return rules((isDirectory ? path.slice(0, -1) : path).split('/'), isDirectory) !== want
  })
  return {
    name,
    passed: wrong.length === 0,
    detail: `${JSON.stringify(ignore)}: ${wrong.map(([path, want]) => `${path} should ${want ? '' : 'not '}be ignored`).join(', ')}`,
  }
}

function judgePattern({ name, pattern, domain, path, isDir, result }: PatternCase): CaseResult {
  const got = compilePattern({ text: pattern, domain }).match(path.split('/'), isDir)
  return { name, passed: got === result, detail: `${pattern} on ${path}: got ${got}, want ${result}` }
}

async function judgeLoad({ name, files, patterns }: LoadCase): Promise<CaseResult> {
  const got = await loadPatterns(memoryTree(files))
  const want: IgnorePattern[] = patterns.map(({ pattern, domain }) => ({ text: pattern, domain }))
  return { name, passed: JSON.stringify(got) === JSON.stringify(want), detail: `got ${JSON.stringify(got)}` }
}

export const suite: CorpusSuite = {
  corpus: 'flux-sourceignore',
  async *run(folder) {
    for (const row of readRows<IgnoreCase>(folder, 'cases.jsonl')) yield judgeIgnore(row)
    for (const row of readRows<PatternCase>(folder, 'patterns.jsonl')) yield judgePattern(row)
    for (const row of readRows<LoadCase>(folder, 'load.jsonl')) yield judgeLoad(row)
  },
}
