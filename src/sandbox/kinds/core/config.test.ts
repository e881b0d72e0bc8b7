import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, update } from '../testing.ts'

const secret = (fields: string) => yaml.load(`{apiVersion: v1, kind: Secret, metadata: {name: s}, ${fields}}`)
const configMap = (fields: string) => yaml.load(`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, ${fields}}`)

test('stringData goes into data, over what is there', () => {
  assert.deepEqual(
    create(secret('data: {a: b2xk, b: aGk=}, stringData: {a: new}')),
    yaml.load(`
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: default}
type: Opaque
data: {a: bmV3, b: aGk=}
`),
  )
})

test('a Secret has the keys that its type promises', () => {
  assert.equal(
    create(secret('type: kubernetes.io/tls, data: {tls.crt: aGk=}')),
    'Secret "s" is invalid: data[tls.key]: Required value',
  )
  assert.equal(
    create(secret('type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: "x"}')),
    'Secret "s" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
  )
  assert.equal(
    create(secret('type: kubernetes.io/service-account-token')),
    'Secret "s" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value',
  )
})

test('keys and sizes', () => {
  assert.equal(
    create(configMap('data: {"a b": c}')),
    "ConfigMap \"c\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  )
  const large = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    stringData: { a: 'x'.repeat(1024 * 1024 + 1) },
  }
  assert.equal(create(large), 'Secret "s" is invalid: data: Too long: may not be more than 1048576 bytes')
})

test('what is immutable stays', () => {
  const old = create(configMap('immutable: true, data: {a: b}'))
  const changed = (fields: object) => (object: KubeObject) => ({ ...object, ...fields }) as KubeObject
  assert.equal(
    update(old, changed({ data: { a: 'c' } })),
    'ConfigMap "c" is invalid: data: Forbidden: field is immutable when `immutable` is set',
  )
  assert.equal(
    update(old, changed({ immutable: false })),
    'ConfigMap "c" is invalid: immutable: Forbidden: field is immutable when `immutable` is set',
  )
  assert.equal(
    update(create(secret('data: {}')), changed({ type: 'other' })),
    'Secret "s" is invalid: type: Invalid value: "other": field is immutable',
  )
})
