import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { kindOf } from '../testing.ts'

test('what is allowed and likely wrong is told', () => {
  const deployment = yaml.load(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      imagePullSecrets: [{name: a}, {name: a}]
      containers:
      - name: a
        env: [{name: A, value: x}, {name: A, value: y}, {name: B, value: x}, {name: B, value: "$(B)y"}]
        ports: [{name: http, containerPort: 80}]
        resources: {requests: {memory: 100m}}
      - name: b
        ports: [{name: http, containerPort: 81}, {containerPort: 80}]
`) as KubeObject
  const { warnings } = kindOf(deployment).strategy
  assert.deepEqual(warnings?.(deployment, undefined), [
    'spec.template.spec.imagePullSecrets[1].name: duplicate name "a"',
    'spec.template.spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.template.spec.containers[1].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]',
    'spec.template.spec.containers[1].ports[0]: duplicate port name "http" with spec.template.spec.containers[0].ports[0], services and probes that select ports by name will use spec.template.spec.containers[0].ports[0]',
  ])
  assert.deepEqual(warnings?.(deployment, deployment), [], 'not again')
})
