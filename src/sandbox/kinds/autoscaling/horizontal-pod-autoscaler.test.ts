import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, kindOf, table } from '../testing.ts'
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'

const target = 'scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}'
const v2 = (spec: string) =>
  yaml.load(
    `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {${spec}}}`,
  ) as KubeObject

test('an autoscaler looks at the CPU unless it is told what else', () => {
  assert.deepEqual(
    (create(v2(`maxReplicas: 3, ${target}, behavior: {scaleDown: {stabilizationWindowSeconds: 60}}`)) as KubeObject)[
      'spec'
    ],
    yaml.load(`
minReplicas: 1
maxReplicas: 3
scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
metrics:
- {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
behavior:
  scaleUp:
    stabilizationWindowSeconds: 0
    selectPolicy: Max
    policies:
    - {type: Pods, value: 4, periodSeconds: 15}
    - {type: Percent, value: 100, periodSeconds: 15}
  scaleDown:
    stabilizationWindowSeconds: 60
    selectPolicy: Max
    policies:
    - {type: Percent, value: 100, periodSeconds: 15}
`),
  )
})

test('version 1 says the same with a percentage and annotations', () => {
  const [, v1] = horizontalPodAutoscaler.versions
  const old = yaml.load(`
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 50, ${target}}
`) as KubeObject
  const stored = v1?.toStorage?.(old) as KubeObject
  assert.deepEqual((stored['spec'] as { metrics: unknown }).metrics, [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
  ])
  assert.deepEqual(v1?.fromStorage?.(stored)['spec'], old['spec'])
  const memory = v2(
    `maxReplicas: 3, ${target}, metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}]`,
  )
  const shown = v1?.fromStorage?.(memory) as KubeObject
  assert.equal(
    shown.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'],
    '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
  )
  assert.deepEqual(v1?.toStorage?.(shown)['spec'], memory['spec'])
})

test('bounds must be in order', () => {
  assert.equal(
    create(v2(`minReplicas: 3, maxReplicas: 2, ${target}`)),
    'HorizontalPodAutoscaler.autoscaling "web" is invalid: spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
  )
})

test('the table of an autoscaler', () => {
  const metrics = `metrics: [
    {type: Resource, resource: {name: cpu, target: {averageUtilization: 80}}},
    {type: Pods, pods: {metric: {name: rps}, target: {averageValue: 1k}}},
    {type: External, external: {target: {value: "5"}}}]`
  const object = {
    ...v2(`minReplicas: 2, maxReplicas: 5, ${target}, ${metrics}`),
    status: yaml.load('{currentReplicas: 3, currentMetrics: [{resource: {current: {averageUtilization: 40}}}]}'),
  }
  assert.equal(kindOf(object as KubeObject), horizontalPodAutoscaler)
  assert.equal(
    table(object, '2026-01-01T00:00:00Z'),
    'NAME: web\nREFERENCE: Deployment/web\nTARGETS: cpu: 40%/80%, <unknown>/1k + 1 more...\nMINPODS: 2\nMAXPODS: 5\nREPLICAS: 3\nAGE: <unknown>\n',
  )
})
