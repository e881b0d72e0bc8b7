import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiagnostic } from '../diagnostic.ts'
import { readManifests } from './manifests.ts'

const kubectl = { file: 'a.yaml', dialect: 'kubectl' } as const

test('a stream gives its objects with their places; empty documents are skipped', () => {
  const { manifests, diagnostics } = readManifests(
    `# nothing here
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: a}
data: {on: "1"}
`,
    kubectl,
  )
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    manifests.map(({ value, position }) => [value, position]),
    [
      [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
        { file: 'a.yaml', line: 3, column: 1 },
      ],
      [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'a' }, data: { true: '1' } },
        { file: 'a.yaml', line: 9, column: 1 },
      ],
    ],
  )
})

test('lists give their items, each with its own place', () => {
  const { manifests, diagnostics } = readManifests(
    `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: a}
- apiVersion: v1
  kind: ConfigMapList
  items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`,
    kubectl,
  )
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    manifests.map(({ value, position }) => [value['kind'], position.line, position.column]),
    [
      ['Secret', 4, 3],
      ['ConfigMap', 10, 5],
    ],
  )
})

test('what is no object is reported with place and advice, the rest is given', () => {
  const { manifests, diagnostics } = readManifests(
    `just text
---
apiVersion: v1
metadata: {name: a}
---
kind: Secret
metadata: {name: a}
---
apiVersion: v1
kind: Secret
metadata:
  labels: {}
---
apiVersion: v1
kind: Secret
metadata: {name: 7}
---
a: b: c
---
apiVersion: v1
kind: Secret
metadata: {name: ok, name: ok}
`,
    { file: 'a.yaml', dialect: 'kustomize' },
  )
  assert.deepEqual(manifests, [])
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    'a.yaml:1:1: the document is no Kubernetes object: it is not a mapping (start it with apiVersion, kind and metadata)',
    'a.yaml:3:1: kind is not set (add kind, for example "ConfigMap")',
    'a.yaml:6:1: apiVersion is not set (add apiVersion, for example "v1")',
    'a.yaml:12:3: Secret: metadata.name is not set (give the object a name in metadata.name)',
    'a.yaml:16:18: Secret: metadata.name is no string (give the object a name in metadata.name)',
    'a.yaml:18:5: mapping values are not allowed in this context (quote the value if it contains ": ", or check the indentation of this line)',
    'a.yaml:22:22: mapping key "name" already defined at line 22 (remove one of the two keys)',
  ])
})

test('JSON is read as JSON, with the same places when they are asked for', () => {
  const { manifests } = readManifests(
    '{"apiVersion": "v1", "kind": "Secret",\n "metadata": {"name": "a"}, "n": 9007199254740993, "u": "\\/"}',
    kubectl,
  )
  assert.equal(manifests[0]!.value['n'], 9007199254740993n)
  assert.equal(manifests[0]!.value['u'], '/')
  const [first] = readManifests(
    '{"apiVersion": "v1",\n "kind": "Secret", "metadata": {"name": "a"}}',
    kubectl,
  ).manifests
  assert.deepEqual(first!.position, { file: 'a.yaml', line: 1, column: 1 })
})

test('JSON has the same limits as YAML', () => {
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
  assert.deepEqual(
    readManifests(deep, kubectl).diagnostics.map(({ code }) => code),
    ['yaml-budget'],
  )
  const long = `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}`
  const { diagnostics } = readManifests(long, { ...kubectl, budget: { bytes: 10 } })
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ['yaml-budget'],
  )
})
