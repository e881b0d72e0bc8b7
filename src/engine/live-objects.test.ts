import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { connectCluster } from '../kube/client.ts'
import { connectionOf } from '../kube/kubeconfig.ts'
import { parseKubeconfig } from '../kube/load-connection.ts'
import { systemClock } from '../manifest/clock.ts'
import type { KubeObject } from '../manifest/object.ts'
import { startSandbox } from '../sandbox/sandbox.ts'
import { type LiveChange, watchLiveObjects } from './live-objects.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const RESOURCE = '/configmaps'
const NAMES = ['a', 'b', 'c', 'd']
const refTo = (name: string) => ({ ...CONFIG_MAP, namespace: 'default', name })
const configMap = (name: string, value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { live: 'yes', group: `of-${name}` } },
  data: { value },
})

/** A sandbox that we write to as the engine does, and past the engine as people do; what is told is kept in `held`. */
async function openStage() {
  const sandbox = await startSandbox({ workloads: false })
  const client = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'live')))
  const live = watchLiveObjects({
    cluster: client,
    label: 'live=yes',
    groupOf: object => object.metadata.labels?.['group'],
    clock: systemClock,
    patienceMs: 10_000,
  })
  const held = new Map<string, string>()
  const changes: LiveChange[] = []
  live.subscribe(change => {
    changes.push(change)
    const { name, resourceVersion = '' } = change.object.metadata
    if (change.type === 'gone') held.delete(name)
    else held.set(name, resourceVersion)
  })
  await live.ready([CONFIG_MAP])
  return {
    sandbox,
    live,
    held,
    changes,
    apply: (name: string, value: string) => client.apply(configMap(name, value), { fieldManager: 'us', force: true }),
    async stop() {
      live.close()
      await client.close()
      await sandbox.stop()
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 1000; tries++) await pause(5)
}

test('an object that we made while the watch was broken, and that somebody deleted before it came back, is gone', async t => {
  const { sandbox, live, changes, apply, stop } = await openStage()
  t.after(stop)
  const mend = sandbox.faults.inject({ verb: 'watch', resource: 'configmaps', reset: true })
  sandbox.faults.dropWatches({ cut: true })
  live.written(await apply('a', '1'))
  assert.equal(live.get(refTo('a'))?.metadata.name, 'a')
  sandbox.client.delete(RESOURCE, 'default', 'a')
  sandbox.faults.compact()
  mend()
  await until(() => changes.length > 0)
  assert.deepEqual(
    changes.map(({ type, object }) => [type, object.metadata.name]),
    [['gone', 'a']],
  )
  assert.equal(live.get(refTo('a')), undefined)
  assert.deepEqual(live.list(CONFIG_MAP), [])
  assert.deepEqual(live.group('of-a'), [])
})

test('the answer to a write that comes after the news of the end of what was written is no news', async t => {
  const { sandbox, live, held, apply, stop } = await openStage()
  t.after(stop)
  const answer = await apply('a', '1')
  await until(() => held.has('a'))
  sandbox.client.delete(RESOURCE, 'default', 'a')
  await until(() => !held.has('a'))
  live.written(answer)
  assert.equal(live.get(refTo('a')), undefined)
})

const named = (what: 'write' | 'late' | 'put' | 'delete') =>
  fc.record({ do: fc.constant(what), name: fc.constantFrom(...NAMES) })
const step = fc.oneof(
  { weight: 5, arbitrary: named('write') },
  { weight: 3, arbitrary: named('late') },
  { weight: 3, arbitrary: named('put') },
  { weight: 5, arbitrary: named('delete') },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('drop', 'expire', 'refuse', 'reset'), name: fc.constant('') }),
  },
)

test('whatever fails on the way, what is known and what was told end as the server is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80 }), async steps => {
      const { sandbox, live, held, apply, stop } = await openStage()
      const { client, faults } = sandbox
      const late: KubeObject[] = []
      const act = {
        write: async (name: string, value: string) => live.written(await apply(name, value)),
        late: async (name: string, value: string) => void late.push(await apply(name, value)),
        put: (name: string, value: string) => {
          if (client.get(RESOURCE, 'default', name) === undefined) client.create(RESOURCE, configMap(name, value))
          else client.patch(RESOURCE, 'default', name, { data: { value } })
        },
        delete: (name: string) => void client.delete(RESOURCE, 'default', name),
        drop: () => void faults.dropWatches({ cut: true }),
        expire: () => {
          faults.dropWatches({ cut: true })
          faults.compact()
        },
        refuse: () => void faults.inject({ verb: 'watch', status: 503, times: 2 }),
        reset: () => void faults.inject({ verb: 'list', reset: true, times: 1 }),
      }
      try {
        for (const [index, one] of steps.entries()) {
          await act[one.do](one.name, String(index))
          if (index % 5 === 4) for (const answer of late.splice(0)) live.written(answer)
        }
        faults.clear()
        const expected = client.list(RESOURCE, 'default').filter(one => one.metadata.labels?.['live'] === 'yes')
        const versions = (objects: Iterable<KubeObject>) =>
          [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort()
        const known = () => NAMES.flatMap(name => live.get(refTo(name)) ?? [])
        const told = () => [...held].map(([name, version]) => `${name} ${version}`).sort()
        const same = () => String(told()) === String(versions(expected))
        await until(same)
        for (const answer of late) live.written(answer)
        assert.deepEqual(told(), versions(expected))
        assert.deepEqual(versions(known()), versions(expected))
        assert.deepEqual(versions(live.list(CONFIG_MAP)), versions(expected))
        assert.deepEqual(versions(NAMES.flatMap(name => live.group(`of-${name}`))), versions(expected))
      } finally {
        await stop()
      }
    }),
    { numRuns: 5 },
  )
})
