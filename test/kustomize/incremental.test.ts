import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { type KustomizeOptions, kustomizeBuild } from '../../src/render/kustomize/kustomize.ts'
import { makeBuildCache } from '../../src/render/kustomize/memo.ts'
import { memoryTree } from '../../src/source/memory-tree.ts'
import { type MutatedCase, mutatedCase, recordedCases } from './mutated-case.ts'
import { type Files, randomTree } from './random-tree.ts'

const runs = Number(process.env['LOCKSTEP_FUZZ_RUNS'] ?? '60')

async function outcome(files: Files, path: string, options: KustomizeOptions): Promise<unknown> {
  const { diagnostics, errorText, reads, values, warnings, yaml } = await kustomizeBuild(
    memoryTree(files),
    path,
    options,
  )
  const read = reads.map(({ path: file, hash }) => `${file} ${hash}`).toSorted()
  return { diagnostics, errorText, reads: read, values, warnings, yaml }
}

/** The second tree is built twice: alone, and with what is known from the first. */
async function compare(before: Files, after: Files, path: string, options: KustomizeOptions = {}): Promise<void> {
  const cache = { ...makeBuildCache(), keepsResults: false }
  await kustomizeBuild(memoryTree(before), path, { ...options, cache })
  const alone = await outcome(after, path, options)
  assert.deepEqual(await outcome(after, path, { ...options, cache }), alone, 'after a change')
  assert.deepEqual(await outcome(after, path, { ...options, cache }), alone, 'once more')
}

/** Several overlays over what the tree builds, so that bases and their objects are shared. */
function under(files: Files, path: string): Files {
  const base = path === '' || path === '.' ? 'inner' : `inner/${path}`
  const inner = Object.fromEntries(Object.entries(files).map(([name, text]) => [`inner/${name}`, text]))
  return {
    ...inner,
    'kustomization.yaml': 'resources: [a, b, c]\n',
    'a/kustomization.yaml': `resources: [../${base}]\nnamePrefix: a-\n`,
    'b/kustomization.yaml': `resources: [../${base}]\nnameSuffix: -b\nnamespace: b\n`,
    'c/kustomization.yaml': `resources: [../${base}]\nnamePrefix: c-\ncommonLabels: {c: c}\n`,
  }
}

describe('a build with what earlier ones came to gives what it gives alone', () => {
  it('on random trees', async () => {
    await fc.assert(
      fc.asyncProperty(randomTree, randomTree, fc.boolean(), async (one, other, isDeep) => {
        const mixed = { ...one, 'overlay/more.yaml': other['overlay/more.yaml'] ?? '' }
        if (isDeep) await compare(under(one, 'overlay'), under(mixed, 'overlay'), '')
        else await compare(one, mixed, 'overlay')
      }),
      { numRuns: runs, includeErrorInReport: true },
    )
  })

  const cases = recordedCases()
  it('on the cases of the corpus, each before and after changes', {
    skip: cases.length === 0 ? 'no corpus here' : false,
  }, async () => {
    const byName = new Map(cases.map(recorded => [recorded.name, recorded]))
    await fc.assert(
      fc.asyncProperty(mutatedCase(cases), fc.boolean(), async ({ files, name, options, run }, isDeep) => {
        const { files: before } = byName.get(name) as MutatedCase
        const path = run === '.' ? '' : run
        if (isDeep) await compare(under(before, path), under(files, path), '', options)
        else await compare(before, files, path, options)
      }),
      { numRuns: runs, includeErrorInReport: true },
    )
  })
})
