import path from 'node:path'
import { after, before, test } from 'node:test'
import { play } from './play.ts'
import { readScenarios, type Scenario } from './scenario.ts'
import { openWorld, type World } from './world.ts'

/*
 * The engine is killed after its first write to the API server, then after its second, and so on, until it gets to the end
 * alive. Started again, it has to come to the state that it would have come to otherwise.
 */
const MOST_WRITES = 60
const run = Date.now().toString(36)
let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

function killedAfter(scenario: Scenario, writes: number): Scenario {
  const steps = scenario.steps.map(step => (step.killAfter === undefined ? step : { ...step, killAfter: writes }))
  return { ...scenario, steps }
}

for (const [index, scenario] of readScenarios(path.join(import.meta.dirname, 'kill.yaml')).entries()) {
  test(`${scenario.name} survives a kill after any write`, { timeout: 300_000 }, async t => {
    for (let writes = 1; writes <= MOST_WRITES; writes++) {
      const namespace = `kill-${index}-${writes}-${run}`
      const { survived } = await play(killedAfter(scenario, writes), world, namespace).catch(error => {
        throw new Error(`killed after write ${writes}: ${error instanceof Error ? error.message : error}`)
      })
      if (survived) return t.diagnostic(`${writes - 1} kills`)
    }
    throw new Error(`more than ${MOST_WRITES} writes`)
  })
}
