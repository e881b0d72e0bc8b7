import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { helmCommand } from '../../../src/render/kustomize/helm-command.ts'
import { kustomizeBuild } from '../../../src/render/kustomize/kustomize.ts'
import { type MemoryFile, memoryTree } from '../../../src/source/memory-tree.ts'
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
        if (needsMore(data)) {
          left++
          continue
        }
        yield await runCase(`${group}/${file.replace(/\.json$/, '')}`, data)
      }
    }
    if (left > 0) console.log(`kustomize: ${left} cases skipped: a chart from the network, or no helm command`)
  },
}

const rootName = '<ROOT>'

const helm = [
  process.env['LOCKSTEP_HELM'] ?? '',
  path.join(homedir(), '.cache/lockstep/tools/helm3'),
  path.join(homedir(), '.cache/lockstep/tools/helm'),
].find(file => file !== '' && existsSync(file))

/** Charts need the helm command, some a network as well, and some have no recorded output to compare with. */
function needsMore(data: Case): boolean {
  if (data.options.helm !== true) return false
  const isLocal = Object.keys(data.files).some(file => file.endsWith('Chart.yaml'))
  return helm === undefined || !isLocal || (data.expected ?? data.expected_in_test ?? '') === ''
}

async function runCase(name: string, data: Case): Promise<CaseResult> {
  const { options } = data
  const files = Object.fromEntries(
    Object.entries(data.files).map(([file, content]): [string, MemoryFile] => [
      file,
      typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
    ]),
  )
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
  const expected = data.expected ?? data.expected_in_test ?? ''
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
