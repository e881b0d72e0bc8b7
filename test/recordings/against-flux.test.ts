import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { skipReal } from '../cluster/real.ts'
import { openWorld } from '../scenarios/world.ts'
import { compare } from './compare.ts'
import { recordFlux } from './record.ts'
import { readScenarios } from './scenario.ts'

/*
 * Scenarios of our own: the real Flux goes through them first, then Lockstep, and what other clients rely on has to come out
 * the same.
 */
const files = globSync('steps/*.yaml', { cwd: import.meta.dirname }).toSorted()
const only = process.env['LOCKSTEP_SCENARIO'] ?? ''

test('Lockstep does as Flux does', { skip: skipReal(), timeout: 1_800_000 }, async t => {
  const scenarios = files.flatMap(file => readScenarios(path.join(import.meta.dirname, file)))
  const recordings = await recordFlux(scenarios.filter(({ scenario }) => scenario.includes(only)))
  assert.ok(recordings.length > 0)
  const world = await openWorld()
  try {
    for (const recording of recordings) await t.test(recording.scenario, () => compare(recording, world))
  } finally {
    await world.close()
  }
})
