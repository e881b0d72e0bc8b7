import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../manifest/object.ts'
import { storageKey } from '../kind.ts'
import { builtinKinds } from './index.ts'
import { create, kindOf, table } from './testing.ts'

test('every kind has names of its own and a version that it is stored in', () => {
  const names = builtinKinds.map(kind => `${kind.group}/${kind.plural}`)
  assert.equal(new Set(names).size, names.length)
  for (const kind of builtinKinds) {
    assert.equal(kind.singular, kind.kind.toLowerCase())
    assert.ok(kind.versions.some(one => one.version === kind.storageVersion) || kind.storage !== undefined)
    assert.match(storageKey(kind), /^[a-z0-9.]*\/[a-z]+$/)
  }
})

test('every kind comes through its defaults empty, twice the same, and has a table', () => {
  for (const kind of builtinKinds) {
    const apiVersion = kind.group === '' ? kind.storageVersion : `${kind.group}/${kind.storageVersion}`
    const empty: KubeObject = { apiVersion, kind: kind.kind, metadata: { name: 'x' } }
    const once = kind.strategy.defaults?.(empty) ?? empty
    assert.deepEqual(kind.strategy.defaults?.(once) ?? once, once, kind.kind)
    kind.strategy.validate?.(once, { now: 0 } as never)
    table(empty, '2026-01-01T00:00:00Z')
  }
})

const samples: Readonly<Record<string, readonly [string, string]>> = {
  'a DaemonSet': [
    '{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}}}',
    'updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}, revisionHistoryLimit: 10',
  ],
  'a StatefulSet': [
    '{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}}}',
    'updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}, revisionHistoryLimit: 10, replicas: 1, podManagementPolicy: OrderedReady, persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}, serviceName: ""',
  ],
  'a CronJob': [
    '{apiVersion: batch/v1, kind: CronJob, metadata: {name: d}, spec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}}}}',
    'concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1',
  ],
  'a NetworkPolicy': [
    '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d}, spec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}}',
    'policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53, protocol: TCP}]}]',
  ],
  'a LimitRange': [
    '{apiVersion: v1, kind: LimitRange, metadata: {name: d}, spec: {limits: [{type: Container, max: {cpu: 2000m}, min: {memory: 1Mi}}]}}',
    'limits: [{type: Container, max: {cpu: "2"}, min: {memory: 1Mi}, default: {cpu: "2"}, defaultRequest: {cpu: "2", memory: 1Mi}}]',
  ],
  'a ResourceQuota': [
    '{apiVersion: v1, kind: ResourceQuota, metadata: {name: d}, spec: {hard: {pods: 1000, cpu: 1500m}}}',
    'hard: {pods: 1k, cpu: 1500m}',
  ],
}

for (const [name, [manifest, fields]] of Object.entries(samples))
  test(`defaults of ${name}`, () => {
    const stored = create(yaml.load(manifest))
    assert.ok(typeof stored !== 'string', String(stored))
    const {
      selector: _s,
      template: _t,
      jobTemplate: _j,
      schedule: _c,
      podSelector: _p,
      ...rest
    } = stored['spec'] as Record<string, unknown>
    assert.deepEqual(rest, yaml.load(`{${fields}}`))
  })

test('webhooks get their policies, classes their modes', () => {
  const hook = create(
    yaml.load(`
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: w}
webhooks:
- name: a.b.c
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {name: a, namespace: b}}
  rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]
`),
  ) as KubeObject
  assert.deepEqual(
    hook['webhooks'],
    yaml.load(`
- name: a.b.c
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {name: a, namespace: b, port: 443}}
  rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods], scope: "*"}]
  failurePolicy: Fail
  matchPolicy: Equivalent
  namespaceSelector: {}
  objectSelector: {}
  reinvocationPolicy: Never
  timeoutSeconds: 10
`),
  )
  const sc = create(
    yaml.load('{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: a/b}'),
  ) as KubeObject
  assert.deepEqual([sc['reclaimPolicy'], sc['volumeBindingMode']], ['Delete', 'Immediate'])
  assert.equal(kindOf(sc).kind, 'StorageClass')
})

test('events of both API groups are the same objects', () => {
  const newer = builtinKinds.find(kind => kind.group === 'events.k8s.io')
  const event = yaml.load(`
apiVersion: events.k8s.io/v1
kind: Event
metadata: {name: e, namespace: default}
eventTime: "2026-01-01T00:00:00.000000Z"
reportingController: example.com/robot
reportingInstance: robot-1
action: Looked
reason: Seen
regarding: {kind: Pod, name: web, namespace: default}
note: Saw it
type: Normal
`) as KubeObject
  const stored = newer?.versions[0]?.toStorage?.(event) as KubeObject
  assert.deepEqual(
    [stored['involvedObject'], stored['message'], stored['reportingComponent']],
    [event['regarding'], 'Saw it', 'example.com/robot'],
  )
  const back = newer?.versions[0]?.fromStorage?.(stored) as KubeObject
  assert.deepEqual([back['regarding'], back['note']], [event['regarding'], 'Saw it'])
})
