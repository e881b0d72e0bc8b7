import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packTarball } from '../src/source/artifact/tarball.ts'
import { artifactTreeMaker } from '../src/source/git/artifact-tree.ts'
import { type GitCheckout, openGitSource } from '../src/source/git/git-source.ts'
import { startGitServer } from '../test/support/git-server.ts'

/** What a source costs on a repository of 10,000 files in 500 folders, over HTTP on this machine. Prints milliseconds. */

const server = await startGitServer()
const dataDir = await mkdtemp(path.join(tmpdir(), 'lockstep-bench-'))
const source = await openGitSource({ dataDir })
const manifest = (i: number) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${i}\ndata:\n  text: "${'x'.repeat(600)}"\n`
const url = await makeRepository()
const request = { url, ref: { branch: 'main' } }
const results: [string, number][] = []

async function makeRepository(): Promise<string> {
  const made = await server.create('bench')
  const stream: string[] = ['commit refs/heads/main\ncommitter a <a@b> 1767225600 +0000\ndata 4\nmany\n']
  for (let i = 0; i < 10_000; i++) {
    const text = manifest(i)
    stream.push(`M 100644 inline apps/team-${i % 50}/app-${i % 500}/f${i}.yaml\ndata ${text.length}\n${text}\n`)
  }
  const { execFileSync } = await import('node:child_process')
  execFileSync('git', ['fast-import', '--quiet'], { cwd: server.folder('bench'), input: stream.join('') })
  return made
}

async function measure(name: string, times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const taken: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await work(i)
    taken.push(performance.now() - start)
  }
  results.push([name, taken.toSorted((a, b) => a - b)[Math.floor(times / 2)]!])
}

const checkout = async () => (await source.fetch(request)) as GitCheckout
const makeTree = artifactTreeMaker()

await measure('first fetch until the tree is ready', 1, checkout)
await measure('poll without news', 50, () => source.poll(request))
await measure('fetch without news', 20, checkout)
await measure('ignore rules over 10,000 files, cold', 1, async () => makeTree((await checkout()).tree, {}))
await measure('ignore rules over 10,000 files, warm', 20, async () => makeTree((await checkout()).tree, {}))
for (let i = 0; i < 10; i++) {
  await server.commit('bench', { 'apps/team-1/app-1/f1.yaml': manifest(-i) })
  const before = performance.now()
  await checkout()
  results.push([`commit of one file until the tree is ready (${i})`, performance.now() - before])
}
const { tree } = await checkout()
await measure('read of one folder of 20 files', 50, async () =>
  Promise.all((tree.list('apps/team-2/app-2') ?? []).map(entry => tree.read(`apps/team-2/app-2/${entry.name}`))),
)
await measure('read of all 10,000 files', 3, async () => {
  const walk = async (folder: string): Promise<void> => {
    await Promise.all(
      (tree.list(folder) ?? []).map(entry => {
        const at = folder === '' ? entry.name : `${folder}/${entry.name}`
        return entry.type === 'directory' ? walk(at) : tree.read(at)
      }),
    )
  }
  await walk('')
})
await measure('tarball of all files', 3, () => packTarball(tree, () => {}))

for (const [name, ms] of results) console.log(`${ms.toFixed(1).padStart(9)} ms  ${name}`)
await source.close()
await server.close()
await rm(dataDir, { recursive: true, force: true })
