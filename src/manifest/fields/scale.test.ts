import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManagedFieldsEntry } from '../object.ts'
import { parentManagedFields, scaleManagedFields } from './scale.ts'

const time = '2026-01-05T00:00:00Z'
const paths = { 'apps/v1': ['f:spec', 'f:replicas'] }
const parent: readonly ManagedFieldsEntry[] = [
  {
    manager: 'one',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } },
  },
]

test('the owner of the replicas owns the scale', () => {
  assert.deepEqual(scaleManagedFields(parent, paths), [
    {
      manager: 'one',
      operation: 'Apply',
      apiVersion: 'autoscaling/v1',
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    },
  ])
})

test('who scales takes the replicas over, and leaves the rest', () => {
  const scale: ManagedFieldsEntry = {
    manager: 'scaler',
    operation: 'Update',
    apiVersion: 'autoscaling/v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    subresource: 'scale',
  }
  assert.deepEqual(parentManagedFields(parent, [scale], 'apps/v1', paths), [
    { ...parent[0], fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    {
      manager: 'scaler',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      subresource: 'scale',
    },
  ])
})
