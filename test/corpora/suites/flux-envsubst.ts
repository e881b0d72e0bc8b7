import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { substitute } from '../../../src/render/substitute/substitute.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface Case {
  readonly name: string
  readonly template: string
  readonly vars: Readonly<Record<string, string>>
  readonly strict: boolean
  readonly output?: string
  readonly error?: string
}

const NOT_SET = 'variable not set'

function check({ name, template, vars, strict, output, error }: Case): CaseResult {
  const result = substitute(template, new Map(Object.entries(vars)), { strict })
  const messages = result.diagnostics.map(one => one.message).join('; ')
  if (error === undefined)
    return result.text === output
      ? { name, passed: true }
      : {
          name,
          passed: false,
          detail: `expected ${JSON.stringify(output)}, got ${JSON.stringify(result.text)} ${messages}`,
        }
  const passed = result.text === undefined && (!error.includes(NOT_SET) || messages.includes(NOT_SET))
  return passed
    ? { name, passed }
    : { name, passed, detail: `expected the error ${error}, got ${JSON.stringify(result.text)} ${messages}` }
}

export const suite: CorpusSuite = {
  corpus: 'flux-envsubst',
  async *run(folder) {
    const text = await readFile(path.join(folder, 'cases.jsonl'), 'utf8').catch(() => '')
    for (const line of text.split('\n')) if (line.trim() !== '') yield check(JSON.parse(line) as Case)
  },
}
