import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../manifest/object.ts'
import { cleanUpPatch, managersToReplace } from './clean-up.ts'

const manager = 'kustomize-controller'
const rules = managersToReplace(manager)
const desired: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' } }

function live(managedFields: readonly object[], metadata = {}): KubeObject {
  return { ...desired, metadata: { name: 'conf', managedFields, ...metadata } } as never
}

test('what kubectl owned becomes ours, and its annotation goes', () => {
  const object = live(
    [
      { manager, operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:a': {} } } },
      {
        manager: 'kubectl-client-side-apply',
        operation: 'Update',
        apiVersion: 'v1',
        fieldsV1: { 'f:data': { '.': {}, 'f:b': {} } },
      },
      { manager: 'hpa', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:spec': {} } },
    ],
    { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
  )
  assert.deepEqual(cleanUpPatch(object, desired, manager, rules), [
    { op: 'remove', path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration' },
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [
        { manager: 'hpa', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:spec': {} } },
        { manager, operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } } },
      ],
    },
  ])
})

test('without an entry of ours the first one is renamed', () => {
  const object = live([
    { manager: 'before-first-apply', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:data': {} } },
  ])
  assert.deepEqual(cleanUpPatch(object, desired, manager, rules), [
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [{ manager, operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': {} } }],
    },
  ])
})

test('ssa: Merge, subresources and other managers are left alone', () => {
  const kubectl = { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': {} } }
  const merged = live([kubectl], { labels: { 'kustomize.toolkit.fluxcd.io/ssa': 'merge' } })
  assert.deepEqual(cleanUpPatch(merged, desired, manager, rules), [])
  assert.deepEqual(cleanUpPatch(live([{ ...kubectl, subresource: 'status' }]), desired, manager, rules), [])
  assert.deepEqual(cleanUpPatch(live([{ ...kubectl, manager: 'flux-client-side-apply' }]), desired, manager, rules), [])
})
