import assert from 'node:assert/strict'
import yaml from 'js-yaml'
import type { KubeObject } from '../../manifest/object.ts'
import { eventsAbout, inCluster, podLines, statusOf } from './testing.ts'

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.0", ports: [{name: http, containerPort: 8080}]}
`

inCluster('a Service has the addresses of its ready pods', async ({ client, create, pass }) => {
  create(
    yaml.load(web),
    yaml.load(`
apiVersion: v1
kind: Service
metadata: {name: web, labels: {team: a}}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
`),
  )
  await pass(2)
  const pods = client.list('/pods', 'default').toSorted((a, b) => ip(a).localeCompare(ip(b)))
  const targets = pods.map(pod => ({
    kind: 'Pod',
    name: pod.metadata.name,
    namespace: 'default',
    uid: pod.metadata.uid,
  }))
  const [slice] = client
    .list('discovery.k8s.io/endpointslices', 'default')
    .filter(one => one.metadata.labels?.['kubernetes.io/service-name'] === 'web')
  assert.deepEqual(slice?.metadata.labels, {
    team: 'a',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  })
  assert.deepEqual(slice?.['ports'], [{ name: '', port: 8080, protocol: 'TCP' }])
  assert.deepEqual(
    slice?.['endpoints'],
    pods.map((pod, index) => ({
      addresses: [ip(pod)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: (pod['spec'] as { nodeName: string }).nodeName,
      targetRef: targets[index],
    })),
  )
  assert.deepEqual(client.get('/endpoints', 'default', 'web')?.['subsets'], [
    {
      addresses: pods.map((pod, index) => ({
        ip: ip(pod),
        nodeName: (pod['spec'] as { nodeName: string }).nodeName,
        targetRef: targets[index],
      })),
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ])
  client.delete('/services', 'default', 'web')
  await pass(1)
  assert.equal(client.get('/endpoints', 'default', 'web'), undefined)
})

const ip = (pod: KubeObject) => (pod['status'] as { podIP: string }).podIP

inCluster('load balancers and ingresses get addresses from outside', async ({ client, create, pass }) => {
  create(
    yaml.load(`
apiVersion: v1
kind: Service
metadata: {name: lb}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
`),
    yaml.load(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
`),
  )
  await pass(1)
  assert.deepEqual(statusOf(client, '/services', 'lb'), {
    loadBalancer: { ingress: [{ ip: '203.0.113.10', ipMode: 'VIP' }] },
  })
  assert.deepEqual(statusOf(client, 'networking.k8s.io/ingresses', 'web'), {
    loadBalancer: { ingress: [{ ip: '203.0.113.1' }] },
  })
  client.patch('/services', 'default', 'lb', { spec: { type: 'ClusterIP' } })
  await pass(1)
  assert.deepEqual(statusOf(client, '/services', 'lb'), { loadBalancer: {} })
})

inCluster('a daemon runs on every node, and is replaced one node at a time', async ({ client, create, pass }) => {
  create(
    yaml.load(
      web
        .replace('kind: Deployment', 'kind: DaemonSet')
        .replace('  replicas: 2\n', '')
        .replace('{name: web}', '{name: agent}'),
    ),
  )
  await pass(2)
  const nodes = client.list('/pods', 'default').map(pod => (pod['spec'] as { nodeName: string }).nodeName)
  assert.deepEqual(nodes.sort(), ['sandbox-1', 'sandbox-2'])
  assert.deepEqual(statusOf(client, 'apps/daemonsets', 'agent'), {
    observedGeneration: 1,
    currentNumberScheduled: 2,
    desiredNumberScheduled: 2,
    numberMisscheduled: 0,
    numberReady: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
  })
  client.patch('apps/daemonsets', 'default', 'agent', {
    spec: { template: { spec: { containers: [{ name: 'web', image: 'registry.example/web:2.0' }] } } },
  })
  let least = 2
  for (let step = 0; step < 40; step++) {
    await pass(0.1)
    least = Math.min(least, podLines(client).filter(line => line.endsWith(' ready')).length)
  }
  assert.equal(least, 1)
  const status = statusOf(client, 'apps/daemonsets', 'agent')
  assert.deepEqual([status['updatedNumberScheduled'], status['numberAvailable']], [2, 2])
})

inCluster('an autoscaler holds its target between its bounds', async ({ client, create, pass }) => {
  create(
    yaml.load(web),
    yaml.load(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 3
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
`),
  )
  await pass(3)
  const status = statusOf<
    {
      conditions: { type: string; reason: string }[]
    } & Record<string, unknown>
  >(client, 'autoscaling/horizontalpodautoscalers', 'web')
  assert.deepEqual([status['currentReplicas'], status['desiredReplicas']], [3, 3])
  assert.deepEqual(
    status.conditions.map(({ type, reason }) => `${type} ${reason}`),
    ['AbleToScale ReadyForNewScale', 'ScalingActive ValidMetricFound', 'ScalingLimited DesiredWithinRange'],
  )
  assert.deepEqual(eventsAbout(client, 'HorizontalPodAutoscaler'), [
    'SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas',
  ])
})

inCluster('a disruption budget counts what may go', async ({ client, create, pass }) => {
  create(
    yaml.load(web),
    yaml.load(`
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 50%, selector: {matchLabels: {app: web}}}
`),
  )
  await pass(2)
  const { conditions, ...counts } = statusOf<{
    conditions: { reason: string }[]
  }>(client, 'policy/poddisruptionbudgets', 'web')
  assert.deepEqual(counts, {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
  })
  assert.equal(conditions[0]?.reason, 'SufficientPods')
})

inCluster('claims are bound to a volume that fits, or to a new one', async ({ client, create, pass }) => {
  create(
    yaml.load(`
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk, namespace: ""}
spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: slow, hostPath: {path: /disk}}
`),
    ...['slow', 'standard', 'unknown'].map(name =>
      yaml.load(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}}
spec: {storageClassName: ${name}, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`),
    ),
  )
  await pass(1)
  const claims = client.list('/persistentvolumeclaims', 'default').map(claim => {
    const { phase, capacity } = claim['status'] as { phase: string; capacity?: { storage: string } }
    return `${claim.metadata.name} ${phase} ${capacity?.storage}`
  })
  assert.deepEqual(claims, ['slow Bound 5Gi', 'standard Bound 1Gi', 'unknown Pending undefined'])
  assert.ok(
    eventsAbout(client, 'PersistentVolumeClaim').includes(
      'ProvisioningFailed: storageclass.storage.k8s.io "unknown" not found',
    ),
  )
  client.delete('/persistentvolumeclaims', 'default', 'slow')
  client.delete('/persistentvolumeclaims', 'default', 'standard')
  await pass(1)
  const volumes = client
    .list('/persistentvolumes')
    .map(one => `${one.metadata.name} ${(one['status'] as { phase: string }).phase}`)
  assert.deepEqual(volumes, ['disk Released'])
})
