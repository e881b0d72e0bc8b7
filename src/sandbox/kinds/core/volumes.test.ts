import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, strategyContext, update, withSpec } from '../testing.ts'

const claim = (fields: string) =>
  yaml.load(`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {${fields}}}`)

test('a claim that names no class gets the default one', () => {
  const standard = yaml.load(`
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.com/disk
`) as KubeObject
  assert.deepEqual(
    create(
      claim('accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}'),
      strategyContext({ 'storage.k8s.io/storageclasses': [standard] }),
    ),
    yaml.load(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default, finalizers: [kubernetes.io/pvc-protection]}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  storageClassName: standard
  volumeMode: Filesystem
status: {phase: Pending}
`),
  )
})

test('what a claim must say', () => {
  assert.equal(
    create(claim('accessModes: [Sometimes]')),
    'PersistentVolumeClaim "data" is invalid: [spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod", spec.resources[storage]: Required value]',
  )
})

test('a claim does not change but for its size, once it is bound', () => {
  const pending = create(
    claim('storageClassName: a, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}'),
  )
  const larger = withSpec({ resources: { requests: { storage: '2Gi' } } })
  assert.match(String(update(pending, larger)), /spec: Forbidden: spec is immutable after creation except/)
  const bound = { ...(pending as KubeObject), status: { phase: 'Bound', capacity: { storage: '1Gi' } } }
  assert.ok(typeof update(bound, larger) !== 'string')
  assert.equal(
    update(bound, withSpec({ resources: { requests: { storage: '512Mi' } } })),
    'PersistentVolumeClaim "data" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  )
})
