import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { openWorld, type World } from '../scenarios/world.ts'
import { compare, readyOf } from './compare.ts'
import { readRecording } from './recording.ts'
import { cleanUp, FLUX_KINDS, newReplay, play, playerIn } from './replay.ts'

/*
 * The steps that the real Flux was recorded with, done to Lockstep. What other clients rely on has to come out the same:
 * final objects with their owned fields, status, inventory and history, and which events were sent.
 */
const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.join(import.meta.dirname, '../../../shared/recordings')
const files = globSync('flux/*.json', { cwd: folder }).toSorted()
const only = process.env['LOCKSTEP_SCENARIO'] ?? ''

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

if (!existsSync(folder)) test('recordings of Flux', t => t.skip(`0 of 26 played: there is no folder ${folder}`))

const emptied = files.filter(each => each.includes('becomes-empty') && each.includes(only))
for (const file of emptied) {
  test('becomes-empty, without leave to delete everything', { timeout: 120_000 }, async () => {
    const namespace = 'rec-may-not-become-empty'
    const replay = newReplay(readRecording(path.join(folder, file)), world, namespace)
    try {
      await play(replay, playerIn(world))
      const status = (await world.user.get({ ...FLUX_KINDS.Kustomization, namespace, name: 'app' }))?.['status']
      assert.equal(readyOf(status), 'False ReconciliationFailed')
      assert.match(JSON.stringify(status), /3 objects.*lockstep\.dev\/prune-all: allow/)
      const kept = await world.user.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'conf' })
      assert.ok(kept !== undefined && kept.metadata.deletionTimestamp === undefined)
    } finally {
      await cleanUp(replay, world)
    }
  })
}

for (const file of files.filter(each => each.includes(only))) {
  const recording = readRecording(path.join(folder, file))
  test(recording.scenario, { timeout: 120_000 }, () => compare(recording, world))
}
