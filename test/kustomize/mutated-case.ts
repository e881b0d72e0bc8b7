import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import type { OracleOptions } from './oracle.ts'
import type { Files } from './random-tree.ts'

/** A tree with the directory to build, and how. */
export interface MutatedCase {
  readonly name: string
  readonly files: Files
  readonly run: string
  readonly options: OracleOptions
}

interface RecordedCase {
  readonly run: string
  readonly options: OracleOptions & { readonly helm?: boolean; readonly alphaPlugins?: boolean }
  readonly files: Readonly<Record<string, unknown>>
}

/** The cases of the corpus that are plain text and need no other program; none where the corpus is not there. */
export function recordedCases(): readonly MutatedCase[] {
  const root = process.env['LOCKSTEP_CORPORA'] ?? path.resolve(import.meta.dirname, '../../../shared/corpora')
  const folder = path.join(root, 'kustomize')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.includes(path.sep) && name.endsWith('.json'))
    .toSorted()
    .flatMap(name => {
      const { files, options, run } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as RecordedCase
      if (options.helm === true || options.alphaPlugins === true) return []
      if (!Object.values(files).every(content => typeof content === 'string')) return []
      const { loadRestrictor, reorder } = options
      const plain = {
        ...(reorder !== undefined && { reorder }),
        ...(loadRestrictor !== undefined && { loadRestrictor }),
      }
      return [{ name, files: files as Files, run: path.posix.normalize(run).replace(/\/$/, ''), options: plain }]
    })
}

const oddValues = [
  ...['', '~', 'null', 'true', 'yes', 'on', '0', '1', '-1', '01', '0x1f', '0o7', '1e3', '.5', '1_000', '12:30:45'],
  ...['2024-01-02', "'q'", '"d"', "''", '[]', '{}', '[x, y]', '{a: b}', '"a: b"', '|-\n    two\n    lines', '- x'],
  ...['a b', '*', '.*', '^a$', '!', '&x y', '$(VAR)', 'ü', '\u{1f600}', '%', '@', '`', '-', 'a#b', 'a # b', "it's"],
]

const oddLines = [
  ...['# a comment', '---', '...', '', 'namePrefix: p-', 'namespace: other', 'nameSuffix: -s', 'kind: Component'],
  ...['commonLabels: {c: l}', 'commonAnnotations: {c: a}', 'labels: [{pairs: {l: "1"}, includeSelectors: true}]'],
  ...['buildMetadata: [originAnnotations, transformerAnnotations]', 'buildMetadata: [managedByLabel]'],
  ...['sortOptions: {order: fifo}', 'generatorOptions: {disableNameSuffixHash: true, labels: {g: o}}'],
  ...['images: [{name: nginx, newTag: "2"}]', 'replicas: [{name: deploy, count: 3}]', 'unknown: field'],
  ...[
    'configMapGenerator: [{name: made, literals: [a=b, c="d"]}]',
    'secretGenerator: [{name: hidden, literals: [p=1]}]',
  ],
  ...['patches: [{target: {kind: Deployment}, patch: "[{op: add, path: /metadata/annotations, value: {x: y}}]"}]'],
  ...['resources: []', 'components: [nowhere]', 'openapi: {version: v1.20.4}', 'transformers: [nowhere.yaml]'],
]

type Change = (lines: string[], at: number, step: Step, fields: readonly string[]) => string[]

interface Step {
  readonly change: number
  readonly file: number
  readonly line: number
  readonly other: number
  readonly value: string
  readonly text: string
}

const indentOf = (line: string): number => line.length - line.trimStart().length

/** The lines that belong to the one at the place: itself and all that are deeper. */
function blockEnd(lines: readonly string[], at: number): number {
  const indent = indentOf(lines[at] ?? '')
  let end = at + 1
  while (end < lines.length && (lines[end]?.trim() === '' || indentOf(lines[end] ?? '') > indent)) end++
  return end
}

const isKustomization = (name: string): boolean => /(^|\/)(kustomization\.ya?ml|Kustomization)$/.test(name)

/** The fields of all kustomizations, each with what is below it. */
function fieldsOf(cases: readonly MutatedCase[]): readonly string[] {
  const fields = new Set<string>()
  for (const { files } of cases)
    for (const [name, text] of Object.entries(files)) {
      if (!isKustomization(name)) continue
      const lines = text.split('\n')
      for (const [at, line] of lines.entries())
        if (/^[a-zA-Z]+:/.test(line)) fields.add(lines.slice(at, fieldEnd(lines, at)).join('\n'))
    }
  return [...fields]
}

function fieldEnd(lines: readonly string[], at: number): number {
  let end = at + 1
  while (end < lines.length && !/^[a-zA-Z#]/.test(lines[end] ?? '')) end++
  return end
}

const replaceValue = (line: string, value: string): string =>
  /^(\s*(?:- )?[^:#]+:) .*$/.test(line)
    ? line.replace(/^(\s*(?:- )?[^:#]+:) .*$/, (_, key: string) => `${key} ${value}`)
    : line

const changes: readonly Change[] = [
  (lines, at, { value }) => lines.with(at, replaceValue(lines[at] ?? '', value)),
  (lines, at, { other }) => {
    const value = /: (.*)$/.exec(lines[other % lines.length] ?? '')?.[1]
    return value === undefined ? lines : lines.with(at, replaceValue(lines[at] ?? '', value))
  },
  (lines, at) => lines.toSpliced(at, 1),
  (lines, at) => lines.toSpliced(at, blockEnd(lines, at) - at),
  (lines, at) => lines.toSpliced(at, 0, ...lines.slice(at, blockEnd(lines, at))),
  (lines, at, { other }) => {
    const block = lines.slice(at, blockEnd(lines, at))
    return lines.toSpliced(at, block.length).toSpliced(other % lines.length, 0, ...block)
  },
  (lines, at, { text }) => lines.toSpliced(at, 0, text),
  (lines, at, { text }) => lines.toSpliced(at, 0, ' '.repeat(indentOf(lines[at] ?? '')) + text),
  (lines, at, { other }, fields) => {
    let start = at
    while (start > 0 && !/^[a-zA-Z]/.test(lines[start] ?? '')) start--
    return lines.toSpliced(start, 0, fields[other % fields.length] ?? '')
  },
  (lines, at) => lines.with(at, `${lines[at]}  # note`),
  (lines, at) => lines.with(at, (lines[at] ?? '').replace(/: ([^'"{[|>&*].*)$/, ': "$1"')),
  (lines, at) => lines.with(at, (lines[at] ?? '').replace(/(\w)(\w)(\w*):/, '$2$1$3:')),
  (lines, at) => lines.with(at, ` ${lines[at]}`),
  (lines, at) => lines.with(at, (lines[at] ?? '').replace(/^ {2}/, '')),
]

function mutate(files: Files, step: Step, fields: readonly string[]): Files {
  const names = Object.keys(files)
  // Half of all changes go into kustomizations, where the meaning is.
  const special = names.filter(isKustomization)
  const pool = step.file % 2 === 0 && special.length > 0 ? special : names
  const name = pool[Math.floor(step.file / 2) % pool.length]
  if (name === undefined) return files
  const lines = (files[name] ?? '').split('\n')
  const change = changes[step.change % changes.length] as Change
  return { ...files, [name]: change(lines, step.line % lines.length, step, fields).join('\n') }
}

const steps = fc.array(
  fc.record({
    change: fc.nat(),
    file: fc.nat(),
    line: fc.nat(),
    other: fc.nat(),
    value: fc.constantFrom(...oddValues),
    text: fc.constantFrom(...oddLines),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Recorded cases with a few lines changed, moved, repeated or taken away. */
export function mutatedCase(cases: readonly MutatedCase[]): fc.Arbitrary<MutatedCase> {
  const fields = fieldsOf(cases)
  return fc.record({ at: fc.nat(cases.length - 1), steps }).map(({ at, steps: all }) => {
    const chosen = cases[at] as MutatedCase
    return { ...chosen, files: all.reduce((files, step) => mutate(files, step, fields), chosen.files) }
  })
}
