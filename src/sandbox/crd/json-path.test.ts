import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePath } from './json-path.ts'

const value = {
  spec: {
    replicas: 3,
    list: [
      { name: 'a', n: 1 },
      { name: 'b', n: 2 },
    ],
  },
  metadata: { labels: { 'app.io/name': 'web' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Old', status: 'False' },
    ],
  },
}

test('paths of printer columns find their values', () => {
  const cases: [string, unknown[]][] = [
    ['.spec.replicas', [3]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.spec.list[*].name', ['a', 'b']],
    ['.spec.list[-1].name', ['b']],
    ['.spec.list[0:1].n', [1]],
    ['.spec.list[?(@.n>1)].name', ['b']],
    ['.metadata.labels.app\\.io/name', ['web']],
    [".metadata.labels['app.io/name']", ['web']],
    ['.nothing.here', []],
  ]
  for (const [path, found] of cases) assert.deepEqual(compilePath(path)?.(value), found, path)
})

test('what is no path is not compiled', () => {
  assert.equal(compilePath('.a[?(x'), undefined)
})
