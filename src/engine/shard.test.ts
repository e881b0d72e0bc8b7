import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../manifest/object.ts'
import { foreignInputsOf, shardOf } from './shard.ts'

const KEY = 'sharding.fluxcd.io/key'

function labelled(labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'any', labels } }
}

test('a selector splits objects into shards', () => {
  const [first, rest, all] = [shardOf(`${KEY}=shard1`), shardOf(`!${KEY}`), shardOf(undefined)]
  const [inFirst, inNone] = [labelled({ [KEY]: 'shard1' }), labelled({})]
  assert.deepEqual([first(inFirst), first(inNone)], [true, false])
  assert.deepEqual([rest(inFirst), rest(inNone)], [false, true])
  assert.deepEqual([all(inFirst), all(inNone)], [true, true])
})

test('a broken selector is told', () => {
  assert.throws(() => shardOf('a in (b'), /the label selector 'a in \(b' cannot be read/)
})

test('a foreign source is looked at again when its shard stores something new, not on every status', () => {
  const at = (digest: string, observed: number) => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', uid: 'u', generation: 1 },
    status: { observedGeneration: observed, artifact: { digest } },
  })
  assert.deepEqual(foreignInputsOf(at('a', 0)), foreignInputsOf(at('a', 1)))
  assert.notDeepEqual(foreignInputsOf(at('a', 0)), foreignInputsOf(at('b', 0)))
})
