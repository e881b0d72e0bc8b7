import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../manifest/object.ts'
import { compileIgnoreRules, resolveIgnored, withoutTaken } from './ignore.ts'
import { candidateOf } from './target.ts'

const manager = 'kustomize-controller'

function configMap(data: object, managedFields: readonly object[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf', namespace: 'shop', managedFields },
    data,
  } as never
}

function resolve(desired: KubeObject, live: KubeObject): unknown {
  const compiled = compileIgnoreRules([{ paths: ['/data/tuned'], target: { kind: 'Config.*' } }])
  assert.ok('rules' in compiled)
  return resolveIgnored(desired, live, compiled.rules.pathsFor(candidateOf(desired)), manager)['data']
}

test('an ignored field keeps its live value', () => {
  assert.deepEqual(resolve(configMap({ a: '1', tuned: 'git' }), configMap({ a: '0', tuned: 'live' })), {
    a: '1',
    tuned: 'live',
  })
})

test('a field that another manager applies is left to it', () => {
  const tuner = { manager: 'tuner', operation: 'Apply', fieldsV1: { 'f:data': { 'f:tuned': {} } } }
  assert.deepEqual(resolve(configMap({ a: '1', tuned: 'git' }), configMap({ tuned: 'live' }, [tuner])), { a: '1' })
})

test('nothing is wanted of an ignored field that somebody else has taken', () => {
  const compiled = compileIgnoreRules([{ paths: ['/data/tuned', '/data/ours'] }])
  assert.ok('rules' in compiled)
  const own = { manager, operation: 'Apply', fieldsV1: { 'f:data': { 'f:ours': {} } } }
  const tuner = { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': { 'f:tuned': {} } } }
  const [desired, live] = [
    configMap({ tuned: 'git', ours: 'git' }),
    configMap({ tuned: 'live', ours: 'git' }, [own, tuner]),
  ]
  const paths = compiled.rules.pathsFor(candidateOf(desired))
  assert.deepEqual(withoutTaken(desired, live, paths, manager)['data'], { ours: 'git' })
  const all = configMap({ tuned: 'live', ours: 'live' }, [tuner])
  assert.ok(!('data' in withoutTaken(desired, all, paths, manager)))
})

test('equal values and fields that the source does not have stay as they are', () => {
  assert.deepEqual(resolve(configMap({ tuned: 'x' }), configMap({ tuned: 'x' })), { tuned: 'x' })
  assert.deepEqual(resolve(configMap({ a: '1' }), configMap({ tuned: 'live' })), { a: '1' })
})

test('a target fits as a whole, and a wrong one says where', () => {
  const compiled = compileIgnoreRules([{ paths: ['/data'], target: { name: 'on' } }])
  assert.ok('rules' in compiled)
  assert.deepEqual(compiled.rules.pathsFor(candidateOf(configMap({}))), [])
  const wrong = compileIgnoreRules([{ paths: [], target: { kind: '(' } }])
  assert.ok('error' in wrong)
  assert.match(wrong.error, /^spec\.ignore\[0\]\.target: kind "\(" is no regular expression/)
})
