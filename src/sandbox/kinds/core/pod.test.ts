import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import { create, table, update, withSpec } from '../testing.ts'

const pod = (fields = '', container = '') =>
  yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {${fields === '' ? '' : `${fields}, `}containers: [{name: web, image: "nginx:1"${container === '' ? '' : `, ${container}`}}]}
`)

test('a Pod gets service account, token, priority and tolerations', () => {
  assert.deepEqual(
    create(pod('', 'resources: {limits: {cpu: 1, memory: 1Gi}}')),
    yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default}
spec:
  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  serviceAccount: default
  serviceAccountName: default
  terminationGracePeriodSeconds: 30
  containers:
  - name: web
    image: nginx:1
    imagePullPolicy: IfNotPresent
    resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: "1", memory: 1Gi}}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    volumeMounts:
    - {name: kube-api-access-xxxx1, readOnly: true, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}
  tolerations:
  - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
  - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
  volumes:
  - name: kube-api-access-xxxx1
    projected:
      defaultMode: 420
      sources:
      - serviceAccountToken: {expirationSeconds: 3607, path: token}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
status: {phase: Pending, qosClass: Guaranteed}
`),
  )
})

test('a Pod needs its service account and priority class', () => {
  assert.equal(
    create(pod('serviceAccountName: robot')),
    'pods "web" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
  )
  assert.equal(
    create(pod('priorityClassName: high')),
    'pods "web" is forbidden: no PriorityClass with name high was found',
  )
})

test('little of a Pod may change', () => {
  const old = create(pod('automountServiceAccountToken: false'))
  const container = { ...(old as unknown as { spec: { containers: object[] } }).spec.containers[0], image: 'nginx:2' }
  assert.ok(typeof update(old, withSpec({ containers: [container] })) !== 'string')
  assert.ok(typeof update(old, withSpec({ activeDeadlineSeconds: 10 })) !== 'string')
  const refused = update(old, withSpec({ nodeName: 'node' }))
  assert.ok(
    String(refused).startsWith('Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than'),
  )
})

test('the line of a Pod tells the most telling thing about it', () => {
  const line = (status: string, metadata = '') => {
    const rows = table(
      yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: web, creationTimestamp: "2026-01-01T00:00:00Z"${metadata}}
spec: {containers: [{name: a}, {name: b}], initContainers: [{name: init}]}
status: ${status}
`),
      '2026-01-01T00:10:00Z',
    )
    return rows
      .split('\n')
      .slice(1, 4)
      .map(row => row.slice(row.indexOf(': ') + 2))
      .join('  ')
  }
  const running = '{state: {running: {}}, ready: true, restartCount: 0}'
  const crashed =
    '{state: {waiting: {reason: CrashLoopBackOff}}, ready: false, restartCount: 3, lastState: {terminated: {finishedAt: "2026-01-01T00:08:00Z"}}}'
  const initialized = 'conditions: [{type: Initialized, status: "True"}]'
  assert.equal(line('{phase: Pending}'), '0/2  Pending  0')
  assert.equal(
    line('{phase: Pending, initContainerStatuses: [{name: init, state: {running: {}}}]}'),
    '0/2  Init:0/1  0',
  )
  assert.equal(
    line('{phase: Pending, initContainerStatuses: [{name: init, state: {terminated: {exitCode: 3}}}]}'),
    '0/2  Init:ExitCode:3  0',
  )
  assert.equal(line(`{phase: Running, ${initialized}, containerStatuses: [${running}, ${running}]}`), '2/2  Running  0')
  assert.equal(
    line(`{phase: Running, ${initialized}, containerStatuses: [${running}, ${crashed}]}`),
    '1/2  CrashLoopBackOff  3 (2m ago)',
  )
  assert.equal(
    line('{phase: Succeeded, containerStatuses: [{state: {terminated: {exitCode: 0, reason: Completed}}}]}'),
    '0/2  Completed  0',
  )
  assert.equal(
    line(`{phase: Running, containerStatuses: [${running}]}`, ', deletionTimestamp: "2026-01-01T00:09:00Z"'),
    '1/2  Terminating  0',
  )
})
