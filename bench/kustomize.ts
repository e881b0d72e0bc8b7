/**
 * Native `kustomize build` beside the real binary, in one run: milliseconds of the binary (process included), of a first
 * build in this process, and the median of warm ones; then whole processes of both commands, with their memory. Needs
 * kustomize in the tools folder, otherwise only ours is measured.
 *
 *     node bench/kustomize.ts
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { kustomizeBuild } from '../src/render/kustomize/kustomize.ts'
import { makeBuildCache } from '../src/render/kustomize/memo.ts'
import { memoryTree } from '../src/source/memory-tree.ts'
import { inFolder, kustomizeBinary } from '../test/kustomize/oracle.ts'

type Files = Record<string, string>

const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: main
        image: nginx:1.25
        ports:
        - containerPort: 8080
        envFrom:
        - configMapRef:
            name: cfg
`
const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  selector:\n    app: ${name}\n  ports:\n  - port: 80\n`
const config = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}-cfg\ndata:\n  a: "1"\n  text: some words of text\n`
const count = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))

const oneBig: Files = {
  'kustomization.yaml': `resources: [all.yaml]
namespace: prod
namePrefix: x-
labels:
- pairs: {team: a}
  includeSelectors: true
images:
- name: nginx
  newTag: "1.26"
patches:
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: any
    spec:
      template:
        spec:
          containers:
          - name: main
            resources:
              limits: {cpu: 100m}
`,
  'all.yaml': count(167, i => [deployment(`app-${i}`), service(`app-${i}`), config(`app-${i}`)].join('---\n')).join(
    '---\n',
  ),
}

const overlays: Files = {
  'base/kustomization.yaml': 'resources: [all.yaml]\nconfigMapGenerator:\n- name: cfg\n  literals: [a=b]\n',
  'base/all.yaml': count(30, i => deployment(`d${i}`)).join('---\n'),
  'kustomization.yaml': `resources:\n${count(50, i => `- o${i}\n`).join('')}`,
  ...Object.fromEntries(
    count(50, i => [
      `o${i}/kustomization.yaml`,
      `resources: [../base]\nnamePrefix: o${i}-\nnamespace: n${i}\nimages:\n- name: nginx\n  newTag: v${i}\n`,
    ]),
  ),
}

const apps: Files = Object.fromEntries(
  count(1000, i => [
    [
      `apps/a${i}/kustomization.yaml`,
      `resources: [all.yaml]\nnamespace: t${i}\nconfigMapGenerator:\n- name: cfg\n  literals: [k=v${i}]\nimages:\n- name: nginx\n  newTag: v1\n`,
    ],
    [`apps/a${i}/all.yaml`, `${deployment(`a${i}`)}---\n${service(`a${i}`)}`],
  ]).flat(),
)
const monorepo: Files = { ...apps, 'kustomization.yaml': `resources:\n${count(1000, i => `- apps/a${i}\n`).join('')}` }

const binary = kustomizeBinary()
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function row(name: string, theirs: number | undefined, first: number, warm: number): void {
  const factor = theirs === undefined ? '' : `${(theirs / warm).toFixed(1)}x`
  const cells = [theirs === undefined ? '-' : theirs.toFixed(0), first.toFixed(1), warm.toFixed(1), factor]
  console.log(name.padEnd(44) + cells.map(cell => cell.padStart(12)).join(''))
}

async function compare(name: string, files: Files, times = 9): Promise<void> {
  let expected: string | undefined
  const theirs =
    binary === undefined
      ? undefined
      : await inFolder(files, async folder => {
          const runs: number[] = []
          for (let i = 0; i < 3; i++) {
            runs.push(
              await timed(() => {
                expected = spawnSync(binary, ['build', folder], { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout
              }),
            )
          }
          return median(runs)
        })
  const ours: number[] = []
  for (let i = 0; i < times; i++) {
    const tree = memoryTree(files)
    ours.push(
      await timed(async () => {
        const { yaml } = await kustomizeBuild(tree, '')
        if (expected !== undefined && yaml !== expected) throw new Error(`${name}: the outputs differ`)
      }),
    )
  }
  row(name, theirs, ours[0] ?? 0, median(ours))
}

/** Every application on its own, as an engine renders them, before and after one file changes. */
async function oneChange(): Promise<void> {
  const cache = makeBuildCache()
  const all = async (files: Files): Promise<number> => {
    const tree = memoryTree(files)
    return timed(async () => {
      for (let i = 0; i < 1000; i++) await kustomizeBuild(tree, `apps/a${i}`, { cache })
    })
  }
  const first = await all(apps)
  const warm: number[] = []
  for (let i = 0; i < 9; i++) warm.push(await all({ ...apps, 'apps/a7/all.yaml': deployment(`a7-${i}`) }))
  row('1,000 applications, one file changed', undefined, first, median(warm))
}

async function corpus(): Promise<void> {
  const folder = process.env['LOCKSTEP_CORPORA'] ?? path.resolve(import.meta.dirname, '../../shared/corpora')
  const generated = path.join(folder, 'kustomize', 'generated')
  if (!existsSync(generated)) return
  const cases = readdirSync(generated).map(
    file => JSON.parse(readFileSync(path.join(generated, file), 'utf8')) as { files: Files; run: string },
  )
  const trees = cases.map(({ files, run }) => ({ tree: memoryTree(files), run }))
  const ours: number[] = []
  for (let i = 0; i < 5; i++)
    ours.push(
      await timed(async () => {
        for (const { tree, run } of trees) await kustomizeBuild(tree, run)
      }),
    )
  let theirs: number | undefined
  if (binary !== undefined) {
    theirs = 0
    for (const { files, run } of cases)
      theirs += await inFolder(files, folder => timed(() => spawnSync(binary, ['build', path.join(folder, run)])))
  }
  row(`${cases.length} kustomizations of the corpus`, theirs, ours[0] ?? 0, median(ours))
}

const maxMegabytes = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
`

/** Peak memory of a command in MB; not a number where there is no python3 to measure it. */
function peakOf(command: readonly string[]): number {
  const { stdout } = spawnSync('python3', ['-c', maxMegabytes, ...command], { encoding: 'utf8' })
  return Number.parseFloat(stdout ?? '')
}

/** Whole processes from start to end, ours with its compiled code already kept, one after the other in turns. */
async function processes(name: string, files: Files, times: number): Promise<void> {
  await inFolder(files, async folder => {
    const lockstep = path.resolve(import.meta.dirname, '../bin/lockstep')
    const commands = {
      kustomize: binary === undefined ? [] : [binary, 'build', folder],
      'lockstep build': [lockstep, 'build', folder],
      'lockstep --version': [lockstep, '--version'],
      'bare node': [process.execPath, '-e', '0'],
    }
    console.log(`\n${name}, whole processes, ${times} runs in turns`)
    console.log(''.padEnd(44) + ['median ms', 'fastest', 'peak MB'].map(cell => cell.padStart(12)).join(''))
    const runs = Object.entries(commands).flatMap(([label, [file, ...args]]) =>
      file === undefined ? [] : [{ label, file, args, took: [] as number[] }],
    )
    for (let i = 0; i <= times; i++)
      for (const { file, args, took } of runs) {
        const ms = await timed(() => spawnSync(file, args, { maxBuffer: 2 ** 28 }))
        // The first run of all fills caches, the disk's and ours.
        if (i > 0) took.push(ms)
      }
    for (const { label, file, args, took } of runs) {
      const cells = [median(took).toFixed(0), Math.min(...took).toFixed(0), peakOf([file, ...args]).toFixed(0)]
      console.log(label.padEnd(44) + cells.map(cell => cell.padStart(12)).join(''))
    }
  })
}

/** All applications in one kustomization, which is built again after one of their files changed: the objects, and with their text. */
async function umbrella(name: string, fields = ''): Promise<void> {
  const cache = makeBuildCache()
  const all = { ...monorepo, 'kustomization.yaml': fields + monorepo['kustomization.yaml'] }
  const render = async (files: Files): Promise<readonly [number, number]> => {
    const tree = memoryTree(files)
    const start = performance.now()
    const result = await kustomizeBuild(tree, '', { cache })
    const made = performance.now() - start
    const isEmpty = result.yaml === ''
    if (isEmpty) throw new Error(`${name}: nothing comes out`)
    return [made, performance.now() - start]
  }
  const first = await render(all)
  const warm: (readonly [number, number])[] = []
  for (let i = 0; i < 30; i++) warm.push(await render({ ...all, 'apps/a7/all.yaml': deployment(`a7-${i}`) }))
  for (const [index, what] of ['objects', 'text'].entries())
    row(`${name}: ${what}`, undefined, first[index] ?? 0, median(warm.map(times => times[index] ?? 0)))
}

console.log(''.padEnd(44) + ['kustomize', 'first', 'warm', ''].map(cell => cell.padStart(12)).join(''))
await compare('501 resources in one kustomization', oneBig)
await compare('50 overlays of one base, 1,550 resources', overlays)
await compare('1,000 applications in one kustomization', monorepo, 5)
await oneChange()
await umbrella('1,000 in one, one changed')
await umbrella('the same with a prefix and labels', 'namePrefix: x-\nlabels: [{pairs: {team: a}}]\n')
await corpus()
await processes('501 resources', oneBig, 15)
await processes('1,000 applications', monorepo, 3)
