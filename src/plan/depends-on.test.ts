import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDependencyRef, orderByDependencies, parseDependencyRef } from './depends-on.ts'

test('dependencies come first, in the order of the input otherwise', () => {
  const result = orderByDependencies([
    { name: 'frontend', namespace: 'default', dependsOn: [{ name: 'backend' }, { name: 'mesh', namespace: 'infra' }] },
    { name: 'backend', namespace: 'default', dependsOn: [{ name: 'mesh', namespace: 'infra' }] },
    { name: 'other', namespace: 'default' },
  ])
  assert.deepEqual(result.ok && result.order.map(({ namespace, name }) => `${namespace}/${name}`), [
    'infra/mesh',
    'default/backend',
    'default/frontend',
    'default/other',
  ])
})

test('a cycle is named from its start to its start', () => {
  const result = orderByDependencies([
    { name: 'outside', namespace: 'ns', dependsOn: [{ name: 'a' }] },
    { name: 'a', namespace: 'ns', dependsOn: [{ name: 'b' }] },
    { name: 'b', namespace: 'ns', dependsOn: [{ name: 'a' }] },
  ])
  assert.deepEqual(result, {
    ok: false,
    cycle: ['ns/a', 'ns/b', 'ns/a'],
    message: 'circular dependency detected: ns/a -> ns/b -> ns/a',
  })
})

test('the text form of a reference goes both ways', () => {
  for (const text of ['redis', 'data/redis', 'data/redis@status.ready == true && "a/b" == "a/b"'])
    assert.equal(formatDependencyRef(parseDependencyRef(text)), text)
})
