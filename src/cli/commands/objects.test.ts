import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedCluster, recordedObjects, recordedOutput, runCommand } from '../../../test/support/cli.ts'

const sameAsFlux: readonly (readonly [command: string, scenario: string])[] = [
  ['tree ks app -n rec-install-wait', 'install-wait'],
  ['tree ks app -n rec-install-wait --compact', 'install-wait'],
  ['tree ks app -n rec-install-wait -o json', 'install-wait'],
  ['tree ks app -n rec-install-wait -o yaml', 'install-wait'],
  ['tree ks nope -n rec-install-wait', 'install-wait'],
  ['export ks app -n rec-install-wait', 'install-wait'],
  ['export source git repo -n rec-install-wait', 'install-wait'],
  ['export ks --all -n rec-depends-on', 'depends-on'],
  ['suspend ks app -n rec-install-wait', 'install-wait'],
  ['resume ks app -n rec-install-wait --wait=false', 'install-wait'],
  ['suspend source git repo -n rec-install-wait', 'install-wait'],
  ['resume source git repo -n rec-install-wait --wait=false', 'install-wait'],
]

for (const [command, scenario] of sameAsFlux)
  test(`prints what flux prints: ${command}`, async () => {
    const { client } = listedCluster(recordedObjects(scenario))
    assert.deepEqual(await runCommand(command, client), recordedOutput(`flux ${command}`))
  })

test('suspending what is not there fails, where flux only says so', async () => {
  const command = 'suspend ks nope -n rec-install-wait'
  const { client } = listedCluster(recordedObjects('install-wait'))
  assert.deepEqual(await runCommand(command, client), { ...recordedOutput(`flux ${command}`), exit: 1 })
})
