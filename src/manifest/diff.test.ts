import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { diffValues } from './diff.ts'
import { formatChanges, secretFields } from './diff-text.ts'
import { diffThreeWay } from './diff-three-way.ts'
import { formatPath } from './fields/path-element.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { schemaFor } from './schema/builtin.ts'

const yaml = (text: string) => load(text) as JsonObject
const deployment = schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' })!

test('containers are compared by name, plain fields by value', () => {
  const before = yaml(`
    spec:
      replicas: 1
      template:
        spec:
          containers:
          - {name: app, image: app:1}
          - {name: log, image: log:1}
  `)
  const after = yaml(`
    metadata: {labels: {team: a}}
    spec:
      replicas: 3
      template:
        spec:
          containers:
          - {name: proxy, image: proxy:1}
          - {name: app, image: app:2}
  `)
  assert.equal(
    formatChanges(diffValues(before, after, deployment)),
    [
      '~ spec.replicas: 1 -> 3',
      '~ spec.template.spec.containers[name="app"].image: "app:1" -> "app:2"',
      '- spec.template.spec.containers[name="log"]: {name: "log", image: "log:1"}',
      '+ spec.template.spec.containers[name="proxy"]: {name: "proxy", image: "proxy:1"}',
      '+ metadata: {labels: {team: "a"}}',
    ].join('\n'),
  )
})

test('a new order of the same containers is one change', () => {
  const of = (...names: string[]) => ({ spec: { template: { spec: { containers: names.map(name => ({ name })) } } } })
  assert.equal(
    formatChanges(diffValues(of('a', 'b'), of('b', 'a'), deployment)),
    '^ spec.template.spec.containers: [{name: "a"}, {name: "b"}] -> [{name: "b"}, {name: "a"}]',
  )
})

test('without a schema lists are compared by place', () => {
  assert.equal(formatChanges(diffValues({ a: [1, 2] }, { a: [1, 3, 4] })), '~ a[1]: 2 -> 3\n+ a[2]: 4')
})

test('a three-way difference says who moved', () => {
  const base = { spec: { replicas: 1, paused: false, minReadySeconds: 1 } }
  const live = { spec: { replicas: 5, paused: false, minReadySeconds: 2 } }
  const desired = { spec: { replicas: 1, paused: true, minReadySeconds: 3 } }
  const causes = diffThreeWay(base, live, desired).map(({ change, cause }) => `${formatPath(change.path)} ${cause}`)
  assert.deepEqual(causes, ['.spec.replicas drift', '.spec.paused change', '.spec.minReadySeconds conflict'])
})

test('values of secrets are not shown, also inside of what was added', () => {
  const secret = { kind: 'Secret', data: { password: 'cGFzcw==' } }
  const text = formatChanges(diffValues({ kind: 'Secret' }, secret), secretFields(secret))
  assert.equal(text, '+ data: "***"')
  assert.equal(formatChanges(diffValues({}, secret), secretFields(secret)), '+ kind: "Secret"\n+ data: "***"')
  const changed = diffValues(secret, { ...secret, data: { password: 'bmV3' } })
  assert.equal(formatChanges(changed, secretFields(secret)), '~ data.password: "***" -> "***"')
})

test('two values differ exactly when there is a change', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>
  fc.assert(
    fc.property(json, json, (a, b) => {
      assert.equal(diffValues(a, structuredClone(a) as JsonValue).length, 0)
      const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
      assert.equal(diffValues(a, b).length === 0, same)
    }),
  )
})

function sorted(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v as JsonValue)]),
  )
}
