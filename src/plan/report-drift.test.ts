import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { type KubeObject, refOf } from '../manifest/object.ts'
import type { ChangeEntry } from './change-set.ts'
import { type LiveState, viewOf } from './live-view.ts'
import { type PlanPolicy, plan } from './plan.ts'

const REPORT: PlanPolicy['reporting'] = { all: true, wasApplied: () => true }

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: conf
  namespace: shop
data:
  a: one
  b: two
`

const live = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: conf
  namespace: shop
  uid: u
  resourceVersion: "7"
  labels:
    kustomize.toolkit.fluxcd.io/name: app
    kustomize.toolkit.fluxcd.io/namespace: shop
  managedFields:
  - manager: kustomize-controller
    operation: Apply
    apiVersion: v1
    fieldsV1:
      f:metadata:
        f:labels:
          f:kustomize.toolkit.fluxcd.io/name: {}
          f:kustomize.toolkit.fluxcd.io/namespace: {}
      f:data:
        f:b: {}
  - manager: kubectl-edit
    operation: Update
    apiVersion: v1
    time: "2026-01-01T00:00:02Z"
    fieldsV1: {f:data: {f:c: {}}}
  - manager: operator
    operation: Update
    apiVersion: v1
    time: "2026-01-01T00:00:01Z"
    fieldsV1: {f:data: {f:a: {}}}
data:
  a: changed
  b: two
  c: kept
`

function planned(reporting: PlanPolicy['reporting'], state: LiveState, text = manifest): ChangeEntry | undefined {
  const object = load(text) as KubeObject
  const policy: PlanPolicy = {
    owner: { name: 'app', namespace: 'shop' },
    manager: 'kustomize-controller',
    prune: true,
    force: false,
    inventory: [],
    ...(reporting !== undefined && { reporting }),
  }
  return plan({ objects: [{ object }], diagnostics: [] }, viewOf([{ ref: refOf(object), state }]), policy).stages[0]
    ?.entries[0]
}

const drifted: LiveState = { state: 'object', object: load(live) as KubeObject }
const summary = (entry: ChangeEntry | undefined) => [entry?.action, entry?.cause, entry?.changes]

test('drift is undone unless that is not wanted, and then each field says who changed it', () => {
  assert.deepEqual(summary(planned(undefined, drifted)).slice(0, 1), ['configure'])
  assert.deepEqual(summary(planned(REPORT, drifted)), [
    'skip',
    'reported',
    [{ path: '/data/a', before: 'changed', after: 'one', by: 'operator' }],
  ])
  assert.equal(planned(REPORT, drifted)?.cleanUp, undefined)
})

test('a deleted object is told, not made again', () => {
  assert.deepEqual(summary(planned(REPORT, { state: 'absent' })), ['skip', 'reported', []])
})

test('what Git changed is applied, with all that drifted on the object', () => {
  const changed: PlanPolicy['reporting'] = { all: true, wasApplied: () => false }
  assert.equal(planned(changed, drifted)?.action, 'configure')
  assert.equal(planned(changed, { state: 'absent' })?.action, 'create')
})

test('an annotation in the source or on the live object asks for one object', () => {
  const some: PlanPolicy['reporting'] = { all: false, wasApplied: () => true }
  assert.equal(planned(some, drifted)?.action, 'configure')
  const annotated = 'name: conf\n  annotations: {lockstep.dev/drift: report}'
  assert.equal(planned(some, drifted, manifest.replace('name: conf', annotated))?.cause, 'reported')
  const asked = load(live.replace('name: conf', annotated)) as KubeObject
  assert.equal(planned(some, { state: 'object', object: asked })?.cause, 'reported')
})

test('the annotation of a Kustomization is for its objects, not for itself', () => {
  const some: PlanPolicy['reporting'] = { all: false, wasApplied: () => true }
  const child = `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: child
  namespace: shop
  annotations: {lockstep.dev/drift: report}
`
  assert.equal(planned(some, { state: 'absent' }, child)?.action, 'create')
  assert.equal(planned(REPORT, { state: 'absent' }, child)?.cause, 'reported')
})

test('what others own beside the manifest is no drift', () => {
  const same = live.replace('changed', 'one').replace('f:b: {}', 'f:a: {}\n        f:b: {}')
  assert.deepEqual(summary(planned(REPORT, { state: 'object', object: load(same) as KubeObject })), [
    'unchanged',
    'in-sync',
    [],
  ])
})

test('values that are as Git has them are no drift, whoever owns them', () => {
  const restored = load(live.replace('changed', 'one')) as KubeObject
  assert.deepEqual(summary(planned(REPORT, { state: 'object', object: restored })), ['configure', 'not-owned', []])
})

test('an item that was added to a list is named', () => {
  const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reader
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
`
  const widened = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reader
  uid: u
  labels: {kustomize.toolkit.fluxcd.io/name: app, kustomize.toolkit.fluxcd.io/namespace: shop}
  managedFields:
  - manager: mallory
    operation: Update
    apiVersion: rbac.authorization.k8s.io/v1
    fieldsV1: {f:rules: {}}
rules:
- apiGroups: [""]
  resources: [pods, secrets]
  verbs: [get]
`
  const entry = planned(REPORT, { state: 'object', object: load(widened) as KubeObject }, role)
  assert.deepEqual(summary(entry), [
    'skip',
    'reported',
    [{ path: '/rules/0/resources/1', before: 'secrets', by: 'mallory' }],
  ])
})
