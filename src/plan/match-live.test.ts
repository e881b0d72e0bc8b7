import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { KubeObject } from '../manifest/object.ts'
import { matchLive } from './match-live.ts'

const yaml = (text: string) => load(text) as KubeObject

const policyOf = (spec: string) =>
  yaml(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec: ${spec}
`)

/** As the server keeps it: the list of ingress rules is owned as a whole. */
const live = (spec: string, fields = '{ "f:spec": { "f:ingress": {} } }', apiVersion = 'networking.k8s.io/v1') => {
  const object = policyOf(spec)
  const managedFields = [{ manager: 'us', operation: 'Apply' as const, apiVersion, fieldsV1: JSON.parse(fields) }]
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

test('defaults of the server inside of a value that is owned as a whole are no difference', () => {
  const desired = policyOf('{ ingress: [{ ports: [{ port: 80 }] }] }')
  assert.equal(matchLive(desired, live('{ ingress: [{ ports: [{ port: 80, protocol: TCP }] }] }'), 'us'), 'same')
  assert.equal(matchLive(desired, live('{ ingress: [{ ports: [{ port: 81, protocol: TCP }] }] }'), 'us'), 'different')
})

test('what else is in there may have left the source: only the server can tell', () => {
  const desired = policyOf('{ ingress: [{ ports: [{ port: 80 }] }] }')
  assert.equal(matchLive(desired, live('{ ingress: [{ ports: [{ port: 80, endPort: 90 }] }] }'), 'us'), 'unsure')
})

test('lost fields, additional fields and another version of the kind are differences', () => {
  const desired = policyOf('{ ingress: [] }')
  assert.equal(matchLive(desired, live('{ ingress: [] }'), 'us'), 'same')
  assert.equal(matchLive(desired, live('{ ingress: [] }'), 'somebody'), 'different')
  assert.equal(matchLive(desired, live('{ ingress: [] }', '{ "f:metadata": {} }'), 'us'), 'different')
  const more = '{ "f:spec": { "f:ingress": {}, "f:egress": {} } }'
  assert.equal(matchLive(desired, live('{ ingress: [], egress: [] }', more), 'us'), 'different')
  assert.equal(matchLive(desired, live('{ ingress: [] }', undefined, 'networking.k8s.io/v1beta1'), 'us'), 'different')
})

test('a field that was applied empty, and has values of others by now, is no field of ours any more', () => {
  const configMap = (data: string, managedFields: readonly object[] = []): KubeObject =>
    ({
      ...yaml(`{ apiVersion: v1, kind: ConfigMap, data: ${data} }`),
      metadata: { name: 'conf', managedFields },
    }) as never
  const ours = { manager: 'us', operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': {} } }
  const theirs = { manager: 'them', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:a': {} } } }
  const stored = configMap('{ a: "1" }', [ours, theirs])
  assert.equal(matchLive(configMap('{}'), stored, 'us'), 'same')
  assert.equal(matchLive(configMap('{ a: "1" }'), stored, 'us'), 'different')
})

test('the items of a keyed list are found by their keys and have to keep their order', () => {
  const pod = (containers: string) =>
    yaml(`
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: ${containers} }
`)
  const fieldsV1 = {
    'f:spec': {
      'f:containers': {
        'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} },
        'k:{"name":"b"}': { '.': {}, 'f:image': {}, 'f:name': {} },
      },
    },
  }
  const stored = (containers: string): KubeObject => {
    const object = pod(containers)
    const managedFields = [{ manager: 'us', operation: 'Apply' as const, apiVersion: 'v1', fieldsV1 }]
    return { ...object, metadata: { ...object.metadata, managedFields } }
  }
  const desired = pod('[{ name: a, image: x }, { name: b, image: y }]')
  const match = (containers: string) => matchLive(desired, stored(containers), 'us')
  assert.equal(match('[{ name: sidecar }, { name: a, image: x, tty: true }, { name: b, image: y }]'), 'same')
  assert.equal(match('[{ name: b, image: y }, { name: a, image: x }]'), 'different')
  assert.equal(match('[{ name: a, image: x }]'), 'different')
})
