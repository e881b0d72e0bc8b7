import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dump } from 'js-yaml'
import { diffValues } from '../../../src/manifest/diff.ts'
import { formatChanges } from '../../../src/manifest/diff-text.ts'
import type { JsonValue } from '../../../src/manifest/json.ts'
import { binaryFolder, kubernetes } from '../../cluster/build.ts'
import { openApi } from '../../support/api.ts'
import {
  type Answers,
  answersFile,
  type ConformanceCase,
  type Recorded,
  readAnswers,
  readCases,
  type Step,
} from './case.ts'
import { runCase } from './run-case.ts'

const usage = `usage: npm run conformance -- --kubeconfig FILE [--only TEXT] [--bare] [--kubectl FILE]
  --only TEXT  cases whose file or name contains the text
  --bare       the server runs no controllers; leave out the cases that need them
  --record     write what the server says as the expected answers (of a real API server)
`

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    only: { type: 'string', default: '' },
    bare: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    kubectl: { type: 'string', default: join(binaryFolder(kubernetes), 'kubectl') },
    parallel: { type: 'string', default: '4' },
    quiet: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.kubeconfig === undefined) {
    process.stderr.write(usage)
    return 2
  }
  const subject = { api: openApi(values.kubeconfig), kubeconfig: values.kubeconfig, kubectl: values.kubectl }
  const all = readCases().filter(({ file, name }) => file.includes(values.only) || name.includes(values.only))
  const cases = values.bare ? all.filter(each => !each.controllers) : all
  const results = new Map<ConformanceCase, readonly Recorded[] | Error>()
  const queue = [...cases.entries()]
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, each] = next
      results.set(each, await runCase(subject, each, `${process.pid}-${index}`).catch(error => error as Error))
    }
  }
  await Promise.all(Array.from({ length: Number(values.parallel) }, work))
  subject.api.close()
  if (values.record) return record(results)
  const failed = cases.filter(each => !report(each, results.get(each)))
  process.stdout.write(
    `${cases.length - failed.length} passed, ${failed.length} failed, ${all.length - cases.length} skipped\n`,
  )
  return failed.length === 0 ? 0 : 1
}

function report(each: ConformanceCase, actual: readonly Recorded[] | Error | undefined): boolean {
  const title = `${each.file}: ${each.name}`
  if (!Array.isArray(actual)) {
    process.stdout.write(`FAIL ${title}\n  ${actual instanceof Error ? actual.stack : 'did not run'}\n`)
    return false
  }
  const expected = readAnswers(each.file)[each.name]
  if (expected === undefined) {
    process.stdout.write(`FAIL ${title}\n  has no recorded answers; run with --record against a real server\n`)
    return false
  }
  const problems = expected.flatMap((answer, index) => {
    const changes = diffValues(answer as unknown as JsonValue, (actual[index] ?? null) as unknown as JsonValue)
    const step = each.steps[index]
    const what = step === undefined ? '' : titleOf(step)
    return changes.length === 0 ? [] : [`  step ${index + 1}: ${what}`, formatChanges(changes).replace(/^/gm, '    ')]
  })
  if (problems.length === 0) return true
  process.stdout.write(`FAIL ${title}\n${values.quiet ? '' : `${problems.join('\n')}\n`}`)
  return false
}

function titleOf(step: Step): string {
  if ('kubectl' in step) return `kubectl ${step.kubectl}`
  return 'asked' in step ? `what ${step.asked} was sent` : step.request
}

function record(results: ReadonlyMap<ConformanceCase, readonly Recorded[] | Error>): number {
  let broken = 0
  for (const file of new Set([...results.keys()].map(each => each.file))) {
    const answers: Record<string, readonly Recorded[]> = { ...readAnswers(file) }
    for (const [each, recorded] of results) {
      if (each.file !== file) continue
      if (recorded instanceof Error) {
        broken++
        process.stdout.write(`FAIL ${file}: ${each.name}\n  ${recorded.stack}\n`)
      } else answers[each.name] = recorded
    }
    const known = new Set(
      readCases()
        .filter(each => each.file === file)
        .map(each => each.name),
    )
    const kept: Answers = Object.fromEntries(Object.entries(answers).filter(([name]) => known.has(name)))
    writeFileSync(answersFile(file), dump(kept, { lineWidth: 120, noRefs: true, quotingType: '"' }))
  }
  process.stdout.write(`${results.size - broken} recorded, ${broken} failed\n`)
  return broken === 0 ? 0 : 1
}

process.exitCode = await main()
