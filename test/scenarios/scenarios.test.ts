import { globSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { play } from './play.ts'
import { readScenarios } from './scenario.ts'
import { openWorld, type World } from './world.ts'

/*
 * Whole stories: YAML and Git in, cluster state and status out. They run on the embedded cluster, or on the one that
 * LOCKSTEP_KUBECONFIG names.
 */
const folder = path.join(import.meta.dirname, 'cases')
const only = process.env['LOCKSTEP_SCENARIO']
const run = Date.now().toString(36)
let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

for (const file of globSync('*.yaml', { cwd: folder }).toSorted()) {
  describe(path.basename(file, '.yaml'), () => {
    for (const [index, scenario] of readScenarios(path.join(folder, file)).entries()) {
      if (only !== undefined && !scenario.name.includes(only)) continue
      test(scenario.name, { timeout: 120_000 }, async t => {
        const reason = scenario.skip?.[world.kind]
        if (reason !== undefined) return t.skip(reason)
        await play(scenario, world, `${path.basename(file, '.yaml')}-${index}-${run}`)
      })
    }
  })
}
