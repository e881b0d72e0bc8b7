import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { KubeObject } from '../manifest/object.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { connectCluster } from './client.ts'
import { type Change, watchResource } from './informer.ts'
import { connectionOf } from './kubeconfig.ts'
import { parseKubeconfig } from './load-connection.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const RESOURCE = '/configmaps'

type Step =
  | { readonly do: 'put' | 'delete'; readonly name: string }
  | { readonly do: 'drop' | 'cut' | 'expire' | 'refuse' | 'reset' | 'restart' }

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('delete' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      { do: 'drop' },
      { do: 'cut' },
      { do: 'expire' },
      { do: 'refuse' },
      { do: 'reset' },
      { do: 'restart' },
    ),
  },
)

async function take(sandbox: Sandbox, one: Step, value: string): Promise<void> {
  const { client, faults } = sandbox
  switch (one.do) {
    case 'put': {
      const { name } = one
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default', labels: { chaos: 'yes' } },
      }
      if (client.get(RESOURCE, 'default', name) === undefined) client.create(RESOURCE, object)
      else client.patch(RESOURCE, 'default', name, { data: { value } })
      return
    }
    case 'delete':
      client.delete(RESOURCE, 'default', one.name)
      return
    case 'drop':
    case 'cut':
      faults.dropWatches({ cut: one.do === 'cut' })
      return
    case 'expire':
      faults.dropWatches({ cut: true })
      faults.compact()
      return
    case 'refuse':
      faults.inject({ verb: 'watch', status: 503, times: 2 })
      return
    case 'reset':
      faults.inject({ verb: 'list', reset: true, times: 1 })
      return
    case 'restart':
      await faults.restart(1)
  }
}

/** What a listener that believes every change holds; a change that does not fit what was told before is an error. */
function follower() {
  const held = new Map<string, string>()
  const wrong: string[] = []
  const follow = (change: Change) => {
    const { name, resourceVersion = '' } = change.object.metadata
    const before = held.get(name)
    const fits =
      change.type === 'modified'
        ? before === change.previous.metadata.resourceVersion
        : held.has(name) === (change.type === 'deleted')
    if (!fits) wrong.push(`${change.type} ${name}`)
    if (change.type === 'deleted') held.delete(name)
    else held.set(name, resourceVersion)
  }
  return { held, wrong, follow }
}

const versions = (objects: readonly KubeObject[]) =>
  new Map(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? ''] as const))

test('whatever fails on the way, the copy ends as the server is, and every change fits the one before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80 }), fc.boolean(), async (steps, streamInitial) => {
      const sandbox = await startSandbox({ workloads: false })
      const client = connectCluster(connectionOf(parseKubeconfig(sandbox.kubeconfig(), 'sandbox')))
      const { held, wrong, follow } = follower()
      const informer = watchResource(client, CONFIG_MAP, {
        namespace: 'default',
        labelSelector: 'chaos=yes',
        streamInitial,
        backoff: { base: 2, limit: 20 },
        onChange: follow,
      })
      try {
        await informer.synced
        for (const [index, one] of steps.entries()) {
          await take(sandbox, one, String(index))
          if (index % 3 === 0) await pause(1)
        }
        sandbox.faults.clear()
        const there = sandbox.client.list(RESOURCE, 'default').filter(one => one.metadata.labels?.['chaos'] === 'yes')
        const expected = versions(there)
        const same = () => {
          const own = versions(informer.list())
          return own.size === expected.size && [...expected].every(([name, version]) => own.get(name) === version)
        }
        for (let tries = 0; !same() && tries < 1000; tries++) await pause(5)
        assert.deepEqual([...versions(informer.list())].sort(), [...expected].sort())
        assert.deepEqual([...held].sort(), [...expected].sort())
        assert.deepEqual(wrong, [])
      } finally {
        informer.close()
        await client.close()
        await sandbox.stop()
      }
    }),
    { numRuns: 5 },
  )
})
