import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { helmCommand } from '../../../src/render/kustomize/helm-command.ts'
import { kustomizeBuild } from '../../../src/render/kustomize/kustomize.ts'
import { memoryTree } from '../../../src/source/memory-tree.ts'
import { cacheRoot } from '../../cluster/cache.ts'
import { buildByBinary, inFolder, kustomizeBinary } from '../../kustomize/oracle.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface Case {
  readonly name: string
  readonly run: string
  readonly options: {
    readonly reorder?: 'none' | 'legacy'
    readonly loadRestrictor?: 'none'
    readonly managedByLabel?: boolean
    readonly alphaPlugins?: boolean
    readonly helm?: boolean
  }
  readonly expect: 'yaml' | 'error'
  readonly files: Readonly<Record<string, string | { readonly base64: string }>>
  readonly expected?: string
  /** The output without `reorder`. */
  readonly expected_default_order?: string
  readonly expected_in_test?: string
  readonly warnings?: string
  readonly error?: string
  readonly error_text_varies?: boolean
}

/** `kustomize build` on whole trees; the recorded output and error texts of kustomize 5.8.2 are what counts. */
export const suite: CorpusSuite = {
  corpus: 'kustomize',
  async *run(folder) {
    let left = 0
    for (const group of readdirSync(folder).toSorted()) {
      const groupFolder = path.join(folder, group)
      if (!statSync(groupFolder).isDirectory()) continue
      for (const file of readdirSync(groupFolder).toSorted()) {
        if (!file.endsWith('.json')) continue
        const data = JSON.parse(readFileSync(path.join(groupFolder, file), 'utf8')) as Case
        const name = `${group}/${file.replace(/\.json$/, '')}`
        if (data.options.helm !== true) yield await runCase(name, data)
        else if (!hasChart(data)) yield { name, passed: false, detail: 'the chart has to come from the network' }
        else {
          const expected = await expectedOf(data)
          if (expected === undefined) left++
          else yield await runCase(name, { ...data, ...expected })
        }
      }
    }
    if (left > 0) console.log(`kustomize: ${left} cases skipped: no helm, or no kustomize to compare with`)
  },
}

const rootName = '<ROOT>'

/** Kustomize 5.8.2 is made for helm 3. */
const helm = [path.join(cacheRoot(), 'tools/helm3'), path.join(cacheRoot(), 'tools/helm')].find(existsSync)

const hasChart = (data: Case): boolean => Object.keys(data.files).some(file => file.endsWith('Chart.yaml'))

/**
 * What has to come out of a case with a chart: what the original test says, or what the real kustomize prints. Undefined
 * where nothing here can tell.
 */
async function expectedOf(data: Case): Promise<Pick<Case, 'expect' | 'expected' | 'error'> | undefined> {
  const { expected_in_test: expected = '', files, run } = data
  if (helm === undefined) return undefined
  if (expected !== '') return { expect: 'yaml', expected }
  const binary = kustomizeBinary()
  if (binary === undefined) return undefined
  const { error, yaml } = await inFolder(contentsOf(files), folder =>
    buildByBinary(binary, path.join(folder, run), { helmCommand: helm }),
  )
  return error === undefined ? { expect: 'yaml', expected: yaml } : { expect: 'error', error }
}

function contentsOf(files: Case['files']): Readonly<Record<string, string | Uint8Array>> {
  return Object.fromEntries(
    Object.entries(files).map(([file, content]) => [
      file,
      typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
    ]),
  )
}

async function runCase(name: string, data: Case): Promise<CaseResult> {
  const { options } = data
  const files = contentsOf(data.files)
  const run = data.run === '.' ? '' : data.run.replace(/^\.\//, '').replace(/\/$/, '')
  const result = await kustomizeBuild(memoryTree(files), run, {
    rootName,
    ...(options.reorder === undefined ? {} : { reorder: options.reorder }),
    ...(options.loadRestrictor === undefined ? {} : { loadRestrictor: options.loadRestrictor }),
    ...(options.managedByLabel === undefined ? {} : { managedByLabel: options.managedByLabel }),
    ...(options.helm === undefined || helm === undefined ? {} : { helm: options.helm, charts: helmCommand(helm) }),
  })
  if (data.expect === 'error') return judgeError(name, data, result.errorText)
  if (result.errorText !== undefined) return { name, passed: false, detail: `error: ${result.errorText.slice(0, 600)}` }
  const expected = data.expected ?? ''
  if (result.yaml !== expected) return { name, passed: false, detail: firstDifference(expected, result.yaml) }
  if (data.expected_default_order !== undefined) {
    const { loadRestrictor } = options
    const unordered = await kustomizeBuild(memoryTree(files), run, {
      rootName,
      ...(loadRestrictor === undefined ? {} : { loadRestrictor }),
      ...(options.managedByLabel === undefined ? {} : { managedByLabel: options.managedByLabel }),
    })
    if (unordered.yaml !== data.expected_default_order)
      return { name, passed: false, detail: firstDifference(data.expected_default_order, unordered.yaml) }
  }
  const warnings = result.warnings.map(line => `${line}\n`).join('')
  if (data.warnings !== undefined && warnings !== data.warnings)
    return {
      name,
      passed: false,
      detail: `warnings: ${JSON.stringify(warnings)} instead of ${JSON.stringify(data.warnings)}`,
    }
  return { name, passed: true }
}

/** Lines of an error that say what is wrong, without addresses. */
function essence(error: string): string {
  return error
    .split('\n')
    .filter(line => !line.startsWith('# Warning'))
    .join('\n')
    .replace(/^Error: /, '')
    .trim()
}

function judgeError(name: string, data: Case, errorText: string | undefined): CaseResult {
  if (errorText === undefined) return { name, passed: false, detail: `no error instead of: ${data.error}` }
  const expected = essence(data.error ?? '')
  const actual = errorText.trim()
  const passed = data.error_text_varies === true ? actual.includes(expected) : actual === expected
  return passed ? { name, passed } : { name, passed, detail: `error: ${actual}\n  expected: ${expected}` }
}

function firstDifference(expected: string, actual: string): string {
  const a = expected.split('\n')
  const b = actual.split('\n')
  const at = a.findIndex((line, i) => line !== b[i])
  const from = Math.max(0, at - 3)
  const show = (lines: string[]): string =>
    lines
      .slice(from, at + 4)
      .map(line => `    ${line}`)
      .join('\n')
  return `line ${at + 1}:\n  expected:\n${show(a)}\n  actual:\n${show(b)}`
}
