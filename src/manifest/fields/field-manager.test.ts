import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { KubeObject } from '../object.ts'
import { schemaFor } from '../schema/builtin.ts'
import { schemaFromCrd } from '../schema/crd.ts'
import { type ApplyResult, applyConfiguration, updateManagedFields } from './field-manager.ts'
import { fieldSetOf, setOf } from './field-set.ts'
import { formatPath } from './path-element.ts'
import { managedEntry, ownedFields, project, removeManagers } from './project.ts'
import type { VersionedKind } from './versions.ts'

const yaml = (text: string) => load(text) as KubeObject
const deployments: VersionedKind = {
  schemaAt: () => schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' }),
  ignoredAt: () => fieldSetOf('status'),
}
const configMaps: VersionedKind = { schemaAt: () => schemaFor({ group: '', version: 'v1', kind: 'ConfigMap' }) }
const monday = '2026-01-05T00:00:00Z'
const tuesday = '2026-01-06T00:00:00Z'

function configMap(data: string, metadata = '{name: x}'): KubeObject {
  return yaml(`{apiVersion: v1, kind: ConfigMap, metadata: ${metadata}, data: ${data}}`)
}

function apply(
  live: KubeObject | undefined,
  config: KubeObject,
  manager: string,
  options: { force?: boolean; now?: string } = {},
): ApplyResult {
  return applyConfiguration({ kind: configMaps, live, config, manager, now: monday, ...options })
}

function applied(...input: Parameters<typeof apply>): KubeObject {
  const result = apply(...input)
  assert.ok(result.status === 'applied', 'message' in result ? result.message : '')
  return result.object
}

test('what a manager applies it owns', () => {
  const config = yaml(`
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web}}
    spec:
      replicas: 2
      template:
        spec:
          containers:
          - name: web
            image: web:1
            ports: [{containerPort: 80}]
    status: {replicas: 9}
  `)
  const result = applyConfiguration({ kind: deployments, live: undefined, config, manager: 'lockstep', now: monday })
  assert.ok(result.status === 'applied')
  assert.deepEqual(result.object.metadata.managedFields, [
    {
      manager: 'lockstep',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      time: monday,
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:template': {
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                },
              },
            },
          },
        },
      },
    },
  ])
})

test('fields that a manager no longer applies go, unless somebody else owns them', () => {
  const first = applied(undefined, configMap('{a: "1", b: "2", c: "3"}'), 'one')
  const shared = applied(first, configMap('{b: "2"}'), 'two')
  const left = applied(shared, configMap('{a: "1"}'), 'one', { now: tuesday })
  assert.deepEqual(left['data'], { a: '1', b: '2' })
  assert.deepEqual(
    left.metadata.managedFields?.map(entry => [entry.manager, entry.time, entry.fieldsV1]),
    [
      ['two', undefined, { 'f:data': { 'f:b': {} } }],
      ['one', tuesday, { 'f:data': { 'f:a': {} } }],
    ],
  )
})

test('another value for a field that somebody owns is a conflict, and force takes it', () => {
  const live = applied(undefined, configMap('{a: "1", b: "2"}'), 'one')
  const result = apply(live, configMap('{a: "9", b: "8"}'), 'two')
  assert.deepEqual(result, {
    status: 'conflict',
    message: 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b',
    causes: [
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.b' },
    ],
  })
  const forced = applied(live, configMap('{a: "9", b: "8"}'), 'two', { force: true })
  assert.deepEqual(
    forced.metadata.managedFields?.map(entry => entry.manager),
    ['two'],
  )
})

test('an update owns what it changes, and takes it from who applied it', () => {
  const live = applied(undefined, configMap('{a: "1", b: "2"}'), 'one')
  const next = { ...live, data: { a: '1', b: '3' } }
  const updated = updateManagedFields({ kind: configMaps, live, next, manager: 'edit', now: tuesday })
  assert.deepEqual(
    updated.metadata.managedFields?.map(entry => [entry.manager, entry.operation, entry.fieldsV1]),
    [
      ['one', 'Apply', { 'f:data': { 'f:a': {} } }],
      ['edit', 'Update', { 'f:data': { 'f:b': {} } }],
    ],
  )
  const conflict = apply(updated, configMap('{a: "1", b: "2"}'), 'one')
  assert.equal(
    conflict.status === 'conflict' && conflict.message,
    'Apply failed with 1 conflict: conflict with "edit" using v1: .data.b',
  )
})

test('the same configuration again changes nothing, not even a time', () => {
  const live = applied(undefined, configMap('{a: "1"}'), 'one')
  const again = apply(live, configMap('{a: "1"}'), 'one', { now: tuesday })
  assert.deepEqual(again, { status: 'applied', object: live, changed: false })
})

test('an object without owners gets one for what was there before the first apply', () => {
  const live = configMap('{a: "1"}', '{name: x, uid: u}')
  const object = applied(live, configMap('{b: "2"}'), 'one')
  assert.deepEqual(object['data'], { a: '1', b: '2' })
  assert.deepEqual(
    object.metadata.managedFields?.map(entry => [entry.manager, entry.operation, entry.fieldsV1]),
    [
      ['one', 'Apply', { 'f:data': { 'f:b': {} } }],
      ['before-first-apply', 'Update', { 'f:data': { '.': {}, 'f:a': {} } }],
    ],
  )
})

test('kubectl takes over on the server what it applied on the client', () => {
  const last = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: '1' } })
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last }
  const next = { ...configMap('{a: "1"}'), metadata: { name: 'x', annotations } } as KubeObject
  const live = updateManagedFields({
    kind: configMaps,
    live: undefined,
    next,
    manager: 'kubectl-client-side-apply',
    now: monday,
  })
  assert.equal(apply(live, configMap('{a: "2"}'), 'other').status, 'conflict')
  const object = applied(live, configMap('{a: "2"}'), 'kubectl')
  assert.deepEqual(object['data'], { a: '2' })
  assert.equal(
    object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'],
    '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
  )
})

test('a configuration of the wrong shape is refused with its path', () => {
  const config = yaml(
    '{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: d}, spec: {replicas: two}}',
  )
  const result = applyConfiguration({ kind: deployments, live: undefined, config, manager: 'm', now: monday })
  assert.deepEqual(result, {
    status: 'invalid',
    code: 500,
    message:
      'failed to create typed patch object (d/x; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
  })
})

test('sets and keyed lists of custom resources are owned item by item, atomic ones as a whole', () => {
  const crd = load(`
    spec:
      versions:
      - name: v1
        schema:
          openAPIV3Schema:
            type: object
            properties:
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              all: {type: array, items: {type: string}}
              open: {type: object, x-kubernetes-preserve-unknown-fields: true}
  `) as Record<string, unknown>
  const kind: VersionedKind = { schemaAt: () => schemaFromCrd(crd, 'v1') }
  const config = yaml(
    '{apiVersion: x.io/v1, kind: X, metadata: {name: x}, tags: [b, a], all: [x], open: {deep: {er: 1}}}',
  )
  const result = applyConfiguration({ kind, live: undefined, config, manager: 'm', now: monday })
  assert.ok(result.status === 'applied')
  assert.equal(
    JSON.stringify(result.object.metadata.managedFields?.[0]?.fieldsV1),
    JSON.stringify({
      'f:all': {},
      'f:open': { 'f:deep': { '.': {}, 'f:er': {} } },
      'f:tags': { 'v:"a"': {}, 'v:"b"': {} },
    }),
  )
})

test('more than ten managers that update are put together, oldest first', () => {
  let live: KubeObject = configMap('{}', '{name: x}')
  for (let i = 0; i < 12; i++) {
    const next = { ...live, data: { ...(live['data'] as object), [`k${i}`]: '1' } } as KubeObject
    const now = `2026-01-05T00:00:${String(i).padStart(2, '0')}Z`
    live = updateManagedFields({ kind: configMaps, live: i === 0 ? undefined : live, next, manager: `m${i}`, now })
  }
  assert.deepEqual(
    live.metadata.managedFields?.map(entry => entry.manager),
    ['ancient-changes', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11'],
  )
})

test('the projection on the fields of a manager does not change when others write elsewhere', () => {
  const live = applied(undefined, configMap('{a: "1"}'), 'one')
  const fields = ownedFields(managedEntry(live, 'one')!)
  const schema = schemaFor({ group: '', version: 'v1', kind: 'ConfigMap' })!
  assert.deepEqual(project(live, fields, schema), { data: { a: '1' } })
  assert.deepEqual(project({ ...live, data: { a: '1', b: '2' } }, fields, schema), { data: { a: '1' } })
  assert.deepEqual(project({ ...live, data: { a: '3' } }, fields, schema), { data: { a: '3' } })
  assert.deepEqual(removeManagers(live, entry => entry.manager === 'one').metadata.managedFields, [])
})

test('a path reads as in the answers of the API server', () => {
  assert.equal(
    formatPath(['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name']),
    '.spec.ports[port=80,protocol="TCP"].name',
  )
  assert.equal(setOf(['f:tags', 'v:"a"']).size, 1)
})
