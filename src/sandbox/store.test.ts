import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../manifest/object.ts'
import { createStore, type StoreEvent } from './store.ts'

const configMap = (name: string, value = '', namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { value },
})
const names = (list: readonly { readonly name: string }[] | undefined) => list?.map(one => one.name)

test('lists are in key order, and objects carry the revision of their last write', () => {
  const store = createStore()
  for (const name of ['b', 'a.b', 'a-b', 'a']) store.put('/configmaps', configMap(name))
  store.put('/configmaps', configMap('z', '', 'a'))
  assert.deepEqual(names(store.list('/configmaps')), ['z', 'a', 'a-b', 'a.b', 'b'])
  assert.deepEqual(names(store.list('/configmaps', 'default')), ['a', 'a-b', 'a.b', 'b'])
  assert.equal(store.get('/configmaps', 'a', 'z')?.object.metadata.resourceVersion, String(store.revision))
})

test('a watch sees the past since a revision and then what comes, each write once', () => {
  const store = createStore()
  store.put('/configmaps', configMap('a'))
  const since = store.revision
  store.put('/configmaps', configMap('a', '2'))
  const seen: string[] = []
  const stop = store.watch('/configmaps', since, event => seen.push(`${event.type} ${event.current.name}`))
  store.put('/configmaps', configMap('b'))
  store.remove('/configmaps', 'default', 'a')
  stop?.()
  store.put('/configmaps', configMap('c'))
  assert.deepEqual(seen, ['MODIFIED a', 'ADDED b', 'DELETED a'])
})

test('what a listener writes is delivered to all after the event that it is handling', () => {
  const store = createStore()
  const seen: string[] = []
  store.watch('/configmaps', store.revision, event => {
    if (event.current.name === 'a') store.put('/configmaps', configMap('b'))
  })
  store.watch('/configmaps', store.revision, event => seen.push(event.current.name))
  store.put('/configmaps', configMap('a'))
  assert.deepEqual(seen, ['a', 'b'])
})

test('history that is gone cannot be watched or listed', () => {
  const store = createStore({ history: 10 })
  for (let count = 0; count < 40; count++) store.put('/configmaps', configMap('a', String(count)))
  assert.equal(
    store.watch('/configmaps', 2, () => {}),
    undefined,
  )
  assert.equal(store.listAt('/configmaps', 2), undefined)
  store.compact(store.revision)
  assert.equal(store.listAt('/configmaps', store.revision - 1), undefined)
})

test('a list at an earlier revision is what the list was then', () => {
  const writes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 30 })
  fc.assert(
    fc.property(writes, steps => {
      const store = createStore()
      const states: [number, string][] = []
      const shown = (list: ReturnType<typeof store.list> | undefined) => (list ?? []).map(one => one.json()).join()
      for (const [name, keep] of steps) {
        if (keep) store.put('/configmaps', configMap(name))
        else store.remove('/configmaps', 'default', name)
        states.push([store.revision, shown(store.list('/configmaps'))])
      }
      for (const [revision, state] of states) assert.equal(shown(store.listAt('/configmaps', revision)), state)
    }),
  )
})

test('events of a watch replayed over the state before give the state after', () => {
  const writes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 30 })
  fc.assert(
    fc.property(writes, fc.nat(30), (steps, at) => {
      const store = createStore()
      const replica = new Map<string, string>()
      const apply = (event: StoreEvent) => {
        if (event.type === 'DELETED') replica.delete(event.current.name)
        else replica.set(event.current.name, event.current.json())
      }
      steps.forEach(([name, keep], index) => {
        if (index === at) {
          for (const one of store.list('/configmaps')) replica.set(one.name, one.json())
          store.watch('/configmaps', store.revision, apply)
        }
        if (keep) store.put('/configmaps', configMap(name))
        else store.remove('/configmaps', 'default', name)
      })
      if (at < steps.length) {
        const expected = new Map(store.list('/configmaps').map(one => [one.name, one.json()]))
        assert.deepEqual(new Map([...replica].sort()), expected)
      }
    }),
  )
})
