import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { memoryTree } from '../../src/source/memory-tree.ts'
import { buildByBinary, buildNatively, inFolder, kustomizeBinary } from './oracle.ts'
import { randomTree } from './random-tree.ts'

const binary = kustomizeBinary()
const runs = Number(process.env['LOCKSTEP_DIFFERENTIAL_RUNS'] ?? '40')
const seed = Number(process.env['LOCKSTEP_DIFFERENTIAL_SEED'] ?? '1')

it(`gives what the real kustomize gives, on ${runs} random trees (seed ${seed})`, {
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
    { numRuns: runs, seed, endOnFailure: true },
  )
})
