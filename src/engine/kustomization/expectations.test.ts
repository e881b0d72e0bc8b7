import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import { createExpectations } from './expectations.ts'

const OWNER = 'Kustomization/shop/app'

function deployment(image: string, resourceVersion: string, status: object = {}): KubeObject {
  const fieldsV1 = { 'f:spec': { 'f:image': {} } }
  const managedFields = [{ manager: 'kustomize-controller', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1 }]
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion, managedFields }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { image }, status } as unknown as KubeObject
}

const applied = deployment('web:1', '1')
const drifted = deployment('web:2', '2')
const ref = refOf(applied)

test('drift that was told is told again when it changes or ends, not when the status does', () => {
  const expectations = createExpectations()
  expectations.expect(OWNER, applied, applied, 'digest')
  assert.deepEqual([expectations.isMet(applied), expectations.isMet(drifted)], [true, false])
  expectations.report(OWNER, ref, 'digest', drifted)
  assert.equal(expectations.isReported(ref), true)
  assert.equal(expectations.isAsReported(deployment('web:2', '3', { replicas: 2 })), true)
  assert.equal(expectations.isAsReported(deployment('web:3', '4')), false)
  assert.equal(expectations.isMet(deployment('web:1', '5')), true)
  expectations.expect(OWNER, applied, applied, 'digest')
  assert.equal(expectations.isReported(ref), false)
})

test('without a memory of the apply, nothing is as it should be before it is looked at', () => {
  const expectations = createExpectations()
  expectations.report(OWNER, ref, 'digest', undefined)
  assert.equal(expectations.ownerOf(ref), OWNER)
  assert.equal(expectations.digestOf(ref), 'digest')
  assert.equal(expectations.isMet(applied), false)
  assert.equal(expectations.isAsReported(applied), false)
})
