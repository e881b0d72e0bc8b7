import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { kustomizeBuild } from '../../src/render/kustomize/kustomize.ts'
import { memoryTree } from '../../src/source/memory-tree.ts'
import { buildByBinary, buildNatively, inFolder, kustomizeBinary } from './oracle.ts'
import { randomTree } from './random-tree.ts'

const binary = kustomizeBinary()
const runs = Number(process.env['LOCKSTEP_DIFFERENTIAL_RUNS'] ?? '40')

it(`gives what the real kustomize gives, on ${runs} random trees`, {
  skip: binary === undefined ? `${runs} trees not compared: no kustomize in the tools folder` : false,
}, async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, async files =>
      inFolder(files, async folder => {
        const theirs = await buildByBinary(binary ?? '', `${folder}/overlay`)
        const ours = await buildNatively(memoryTree(files), 'overlay', folder)
        assert.deepEqual(ours, theirs)
      }),
    ),
    { numRuns: runs, endOnFailure: true },
  )
})

it('never throws, whatever stands in the files', async () => {
  const broken = fc
    .tuple(randomTree, fc.nat(), fc.nat(), fc.string({ maxLength: 6 }))
    .map(([files, file, at, text]) => {
      const names = Object.keys(files)
      const name = names[file % names.length] ?? ''
      const content = files[name] ?? ''
      const place = at % (content.length + 1)
      return { ...files, [name]: content.slice(0, place) + text + content.slice(place + text.length) }
    })
  await fc.assert(
    fc.asyncProperty(broken, async files => {
      const { yaml, diagnostics } = await kustomizeBuild(memoryTree(files), 'overlay')
      assert.equal(yaml === '', diagnostics.length > 0 || yaml === '')
    }),
    { numRuns: 200 },
  )
})
