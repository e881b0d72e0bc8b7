import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { JsonObject } from '../../manifest/json.ts'
import { createRuleChecker } from './cel.ts'
import { withDefaults, withoutNulls } from './defaults.ts'
import type { JsonSchema } from './json-schema.ts'
import { listTypeErrors } from './list-types.ts'
import { prune } from './prune.ts'
import { schemaErrors } from './validate.ts'

const yaml = <T>(text: string) => load(text) as T
const schema = yaml<JsonSchema>(`
type: object
properties:
  spec:
    type: object
    required: [size]
    x-kubernetes-validations:
    - {rule: "self.replicas <= 10 || self.size == 'large'", message: only large ones may be many}
    - {rule: "self.size == oldSelf.size", fieldPath: .size, message: the size stays}
    properties:
      size: {type: string, enum: [small, large]}
      replicas: {type: integer, minimum: 1, default: 2}
      image: {type: string, pattern: '^[a-z:.]+$', maxLength: 10}
      port: {x-kubernetes-int-or-string: true}
      anything: {type: object, x-kubernetes-preserve-unknown-fields: true}
      items:
        type: array
        x-kubernetes-list-type: map
        x-kubernetes-list-map-keys: [name]
        items: {type: object, properties: {name: {type: string}, on: {type: boolean, default: true}}}
`)
const texts = (value: string, old?: string) =>
  schemaErrors(schema, yaml<JsonObject>(value), old === undefined ? undefined : yaml<JsonObject>(old)).map(
    error => `${error.field}: ${error.message}`,
  )

test('unknown fields are dropped and named; where anything goes they stay', () => {
  const unknown: string[] = []
  const object = yaml<JsonObject>('{spec: {size: small, more: 1, anything: {a: 1}, items: [{name: a, x: 1}]}, top: 1}')
  const pruned = prune(schema, object, path => unknown.push(path))
  assert.deepEqual(pruned, yaml('{spec: {size: small, anything: {a: 1}, items: [{name: a}]}}'))
  assert.deepEqual(unknown, ['spec.more', 'spec.items[0].x', 'top'])
})

test('defaults fill what is missing, and take the place of nulls', () => {
  const object = yaml<JsonObject>('{spec: {size: null, replicas: null, items: [{name: a}]}}')
  const filled = yaml('{spec: {size: null, replicas: 2, items: [{name: a, on: true}]}}')
  assert.deepEqual(withDefaults(schema, object), filled)
})

test('nulls that no default replaces are dropped where null is not allowed', () => {
  const object = yaml<JsonObject>('{spec: {size: null, replicas: null, items: [{name: null}]}}')
  assert.deepEqual(withoutNulls(schema, object), yaml('{spec: {replicas: null, items: [{}]}}'))
})

test('values are checked in the words of the API server', () => {
  assert.deepEqual(texts('{spec: {size: huge, replicas: 0, image: UP, port: 1.5}}'), [
    `spec.image: Invalid value: "UP": spec.image in body should match '^[a-z:.]+$'`,
    'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"',
    'spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1',
    'spec.size: Unsupported value: "huge": supported values: "small", "large"',
  ])
  assert.deepEqual(texts('{spec: {replicas: x}}'), [
    'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    'spec.size: Required value',
  ])
})

test('what was wrong before and has not changed may stay', () => {
  assert.deepEqual(texts('{spec: {size: huge, replicas: 3}}', '{spec: {size: huge, replicas: 2}}'), [])
})

test('keys of list maps are unique', () => {
  const errors = listTypeErrors(schema, yaml('{spec: {items: [{name: a}, {name: b}, {name: a}]}}'))
  assert.deepEqual(errors, [
    { type: 'FieldValueDuplicate', field: 'spec.items[2]', message: 'Duplicate value: {"name":"a"}' },
  ])
})

test('rules see the object, and the one before it', () => {
  const rules = createRuleChecker(schema)
  const run = (value: string, old?: string) =>
    rules
      ?.check(yaml(value), old === undefined ? undefined : yaml(old), [])
      .map(error => `${error.field}: ${error.message}`)
  assert.deepEqual(run('{spec: {size: small, replicas: 20}}'), [
    'spec: Invalid value: "object": only large ones may be many',
  ])
  assert.deepEqual(run('{spec: {size: large, replicas: 20}}', '{spec: {size: small, replicas: 20}}'), [
    'spec.size: Invalid value: "object": the size stays',
  ])
  assert.deepEqual(run('{spec: {size: small, replicas: 1}}', '{spec: {size: small, replicas: 2}}'), [])
})

test('matching takes linear time, and leaves texts alone that only look like a call', () => {
  const rule = `self.a.matches('^(a+)+$') || self.a == '.matches('`
  const checked: JsonSchema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    'x-kubernetes-validations': [{ rule }],
  }
  const rules = createRuleChecker(checked)
  assert.equal(rules?.check({ a: `${'a'.repeat(5000)}!` }, undefined, []).length, 1)
  assert.deepEqual(rules?.check({ a: '.matches(' }, undefined, []), [])
})
