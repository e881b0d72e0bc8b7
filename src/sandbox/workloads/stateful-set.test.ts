import assert from 'node:assert/strict'
import yaml from 'js-yaml'
import { eventsAbout, inCluster, podLines, statusOf } from './testing.ts'

const db = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - {name: db, image: "registry.example/db:1.0", volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

inCluster('pods come one after the other, each with a claim of its own', async ({ client, create, pass }) => {
  create(yaml.load(db))
  await pass(1)
  assert.deepEqual(podLines(client), ['db-0 Running ready', 'db-1 Pending'])
  await pass(3)
  assert.deepEqual(podLines(client), ['db-0 Running ready', 'db-1 Running ready', 'db-2 Running ready'])
  const claims = client.list('/persistentvolumeclaims', 'default')
  assert.deepEqual(
    claims.map(claim => `${claim.metadata.name} ${(claim['status'] as { phase: string }).phase}`),
    ['data-db-0 Bound', 'data-db-1 Bound', 'data-db-2 Bound'],
  )
  const [revision] = client.list('apps/controllerrevisions', 'default')
  const pod = client.get('/pods', 'default', 'db-1')
  assert.deepEqual(pod?.metadata.labels, {
    app: 'db',
    'apps.kubernetes.io/pod-index': '1',
    'controller-revision-hash': revision?.metadata.name,
    'statefulset.kubernetes.io/pod-name': 'db-1',
  })
  assert.deepEqual(
    statusOf(client, 'apps/statefulsets', 'db'),
    yaml.load(`
observedGeneration: 1
replicas: 3
readyReplicas: 3
currentReplicas: 3
updatedReplicas: 3
availableReplicas: 3
collisionCount: 0
currentRevision: ${revision?.metadata.name}
updateRevision: ${revision?.metadata.name}
`),
  )
  assert.deepEqual(eventsAbout(client, 'StatefulSet').slice(0, 2), [
    'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
    'SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
  ])
})

inCluster('a new template replaces the pods from the last down to the partition', async ({ client, create, pass }) => {
  create(yaml.load(db))
  await pass(4)
  client.patch('apps/statefulsets', 'default', 'db', {
    spec: {
      updateStrategy: { rollingUpdate: { partition: 1 } },
      template: { spec: { containers: [{ name: 'db', image: 'registry.example/db:2.0' }] } },
    },
  })
  const images = () =>
    client
      .list('/pods', 'default')
      .map(pod => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image.slice(-3))
  await pass(0.8)
  assert.deepEqual(images(), ['1.0', '1.0', '2.0'])
  await pass(4)
  assert.deepEqual(images(), ['1.0', '2.0', '2.0'])
  client.patch('apps/statefulsets', 'default', 'db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  await pass(3)
  assert.deepEqual(images(), ['2.0', '2.0', '2.0'])
  const status = statusOf(client, 'apps/statefulsets', 'db')
  assert.equal(status['currentRevision'], status['updateRevision'])
})

inCluster('scaling down takes the last pods first and keeps their claims', async ({ client, create, pass }) => {
  create(yaml.load(db))
  await pass(4)
  client.patch('apps/statefulsets', 'default', 'db', { spec: { replicas: 1 } })
  await pass(2)
  assert.deepEqual(podLines(client), ['db-0 Running ready'])
  assert.equal(client.list('/persistentvolumeclaims', 'default').length, 3)
})
