import assert from 'node:assert/strict'
import yaml from 'js-yaml'
import type { KubeObject } from '../../manifest/object.ts'
import { eventsAbout, inCluster, type TestCluster } from './testing.ts'

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.0"}
`

const get = ({ client }: TestCluster, name = 'web') => client.get('apps/deployments', 'default', name) as KubeObject
const status = (cluster: TestCluster) => get(cluster)['status'] as Record<string, unknown>
const setImage = ({ client }: TestCluster, image: string) =>
  client.patch('apps/deployments', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'web', image }] } } },
  })
inCluster(
  'a Deployment is complete in under a second, with the status that the real controller writes',
  async cluster => {
    cluster.create(yaml.load(web))
    await cluster.pass(1)
    const [set] = cluster.client.list('apps/replicasets', 'default')
    assert.deepEqual(
      status(cluster),
      yaml.load(`
observedGeneration: 1
replicas: 4
updatedReplicas: 4
readyReplicas: 4
availableReplicas: 4
conditions:
- type: Available
  status: "True"
  reason: MinimumReplicasAvailable
  message: Deployment has minimum availability.
  lastUpdateTime: "2026-01-01T00:00:00Z"
  lastTransitionTime: "2026-01-01T00:00:00Z"
- type: Progressing
  status: "True"
  reason: NewReplicaSetAvailable
  message: ReplicaSet "${set?.metadata.name}" has successfully progressed.
  lastUpdateTime: "2026-01-01T00:00:00Z"
  lastTransitionTime: "2026-01-01T00:00:00Z"
`),
    )
    assert.equal(get(cluster).metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
    assert.deepEqual(set?.metadata.annotations, {
      'deployment.kubernetes.io/desired-replicas': '4',
      'deployment.kubernetes.io/max-replicas': '5',
      'deployment.kubernetes.io/revision': '1',
    })
    assert.deepEqual(eventsAbout(cluster.client, 'Deployment'), [
      `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 4`,
    ])
  },
)

inCluster('a new image rolls out within maxSurge and maxUnavailable', async cluster => {
  cluster.create(yaml.load(web))
  await cluster.pass(2)
  setImage(cluster, 'registry.example/web:2.0')
  let [most, least] = [0, 4]
  for (let step = 0; step < 60; step++) {
    await cluster.pass(0.1)
    const pods = cluster.client.list('/pods', 'default').filter(pod => pod.metadata.deletionTimestamp === undefined)
    most = Math.max(most, pods.length)
    least = Math.min(least, Number(status(cluster)['availableReplicas'] ?? 0))
  }
  assert.equal(most, 5, 'one more than wanted at most')
  assert.equal(least, 3, 'three always available')
  const images = cluster.client
    .list('/pods', 'default')
    .map(pod => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image)
  assert.deepEqual(
    images,
    Array.from({ length: 4 }, () => 'registry.example/web:2.0'),
  )
  assert.equal(get(cluster).metadata.annotations?.['deployment.kubernetes.io/revision'], '2')
  const sizes = cluster.client
    .list('apps/replicasets', 'default')
    .map(set => (set['spec'] as { replicas: number }).replicas)
  assert.deepEqual(sizes.sort(), [0, 4])
})

inCluster('going back to an old template takes its ReplicaSet again, under a new revision', async cluster => {
  cluster.create(yaml.load(web))
  await cluster.pass(2)
  const [first] = cluster.client.list('apps/replicasets', 'default')
  setImage(cluster, 'registry.example/web:2.0')
  await cluster.pass(6)
  setImage(cluster, 'registry.example/web:1.0')
  await cluster.pass(6)
  const again = cluster.client.get('apps/replicasets', 'default', first?.metadata.name ?? '')
  assert.equal((again?.['spec'] as { replicas: number } | undefined)?.replicas, 4)
  assert.equal(again?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  assert.equal(again?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1')
  assert.equal(cluster.client.list('apps/replicasets', 'default').length, 2)
})

inCluster('Recreate takes all old pods away before the first new one comes', async cluster => {
  cluster.create(yaml.load(web.replace('  replicas: 4', '  replicas: 2\n  strategy: {type: Recreate}')))
  await cluster.pass(2)
  setImage(cluster, 'registry.example/web:2.0')
  const seen = new Set<string>()
  for (let step = 0; step < 30; step++) {
    await cluster.pass(0.1)
    const images = cluster.client
      .list('/pods', 'default')
      .map(pod => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image ?? '')
    seen.add([...new Set(images)].sort().join(' and '))
  }
  assert.ok(!seen.has('registry.example/web:1.0 and registry.example/web:2.0'))
  assert.equal(status(cluster)['readyReplicas'], 2)
})

inCluster('a roll-out that gets nowhere is given up after the deadline', async cluster => {
  cluster.create(yaml.load(web.replace('  replicas: 4', '  replicas: 4\n  progressDeadlineSeconds: 30')))
  await cluster.pass(2)
  setImage(cluster, 'registry.example/web:cannot-pull')
  await cluster.pass(20)
  assert.equal(status(cluster)['readyReplicas'], 3)
  await cluster.pass(20)
  const [set] = cluster.client
    .list('apps/replicasets', 'default')
    .filter(one => one.metadata.annotations?.['deployment.kubernetes.io/revision'] === '2')
  const progressing = (status(cluster)['conditions'] as { type: string }[]).find(one => one.type === 'Progressing')
  assert.deepEqual(progressing, {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${set?.metadata.name}" has timed out progressing.`,
    lastUpdateTime: (progressing as unknown as { lastUpdateTime: string }).lastUpdateTime,
    lastTransitionTime: (progressing as unknown as { lastTransitionTime: string }).lastTransitionTime,
  })
})

inCluster('a paused Deployment changes its size but not its template', async cluster => {
  cluster.create(yaml.load(web))
  await cluster.pass(2)
  cluster.client.patch('apps/deployments', 'default', 'web', { spec: { paused: true, replicas: 2 } })
  setImage(cluster, 'registry.example/web:2.0')
  await cluster.pass(3)
  const images = cluster.client
    .list('/pods', 'default')
    .map(pod => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image)
  assert.deepEqual(images, ['registry.example/web:1.0', 'registry.example/web:1.0'])
  const reasons = (status(cluster)['conditions'] as { reason: string }[]).map(one => one.reason)
  assert.ok(reasons.includes('DeploymentPaused'))
  cluster.client.patch('apps/deployments', 'default', 'web', { spec: { paused: null } })
  await cluster.pass(5)
  assert.equal(status(cluster)['updatedReplicas'], 2)
})

inCluster('the history keeps as many old ReplicaSets as the Deployment wants', async cluster => {
  cluster.create(yaml.load(web.replace('  replicas: 4', '  replicas: 1\n  revisionHistoryLimit: 2')))
  for (let version = 1; version <= 5; version++) {
    setImage(cluster, `registry.example/web:${version}.0`)
    await cluster.pass(4)
  }
  const revisions = cluster.client
    .list('apps/replicasets', 'default')
    .map(set => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
  assert.deepEqual(revisions.sort(), ['3', '4', '5'])
})

inCluster('pods that may not be created show in the conditions, and are tried again', async cluster => {
  cluster.create(
    yaml.load(
      web.replace('    spec:\n', '    spec:\n      serviceAccountName: robot\n').replace('replicas: 4', 'replicas: 1'),
    ),
  )
  await cluster.pass(1)
  const [set] = cluster.client.list('apps/replicasets', 'default')
  const failure = (status(cluster)['conditions'] as { type: string; message: string }[]).find(
    one => one.type === 'ReplicaFailure',
  )
  assert.equal(
    failure?.message,
    `pods "${set?.metadata.name}-" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`,
  )
  cluster.create(yaml.load('{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}'))
  await cluster.pass(10)
  assert.equal(status(cluster)['readyReplicas'], 1)
  assert.ok(!(status(cluster)['conditions'] as { type: string }[]).some(one => one.type === 'ReplicaFailure'))
})
