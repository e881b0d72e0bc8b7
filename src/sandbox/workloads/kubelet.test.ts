import assert from 'node:assert/strict'
import yaml from 'js-yaml'
import type { SandboxClient } from '../client.ts'
import { podLog } from './index.ts'
import { eventsAbout, inCluster, podLines, statusOf } from './testing.ts'

const pod = (image: string, annotation = '') =>
  yaml.load(`
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: {${annotation === '' ? '' : `sandbox.lockstep.dev/fault: ${annotation}`}}
spec:
  containers:
  - {name: web, image: "${image}"}
`)

const state = (client: SandboxClient) =>
  statusOf<{
    containerStatuses?: { state: unknown; restartCount: number }[]
  }>(client, '/pods', 'web').containerStatuses?.[0]

inCluster('a pod gets a node, an address and its containers', async ({ client, create, pass }) => {
  create(pod('registry.example/web:1.0'))
  await pass(1)
  const live = client.get('/pods', 'default', 'web')!
  const status = live['status'] as Record<string, unknown>
  assert.deepEqual(
    { node: (live['spec'] as { nodeName: string }).nodeName, ...status, containerStatuses: undefined },
    {
      node: 'sandbox-1',
      observedGeneration: 1,
      phase: 'Running',
      qosClass: 'BestEffort',
      hostIP: '192.168.1.11',
      hostIPs: [{ ip: '192.168.1.11' }],
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: undefined,
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        type => ({
          type,
          status: 'True',
          lastProbeTime: null,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          ...(type === 'PodScheduled' ? {} : { observedGeneration: 1 }),
        }),
      ),
    },
  )
  assert.deepEqual(eventsAbout(client, 'Pod').toSorted(), [
    'Created: Created container: web',
    'Pulled: Successfully pulled image "registry.example/web:1.0" in 250ms (250ms including waiting). Image size: 0 bytes.',
    'Pulling: Pulling image "registry.example/web:1.0"',
    'Scheduled: Successfully assigned default/web to sandbox-1',
    'Started: Started container web',
  ])
})

inCluster('a deleted pod stops gracefully; a forced one is gone at once', async ({ client, create, pass }) => {
  create(pod('registry.example/web:1.0'))
  await pass(1)
  client.delete('/pods', 'default', 'web')
  assert.deepEqual(podLines(client), ['web Running ready ending'])
  await pass(1)
  assert.deepEqual(podLines(client), [])
  create(pod('registry.example/web:1.0'))
  await pass(1)
  client.delete('/pods', 'default', 'web', { gracePeriodSeconds: 0 })
  assert.deepEqual(podLines(client), [])
})

inCluster('an image that cannot be pulled backs off', async ({ client, create, pass }) => {
  create(pod('registry.example/web:1.0', 'image-pull'))
  await pass(5)
  assert.deepEqual(podLines(client), ['web Pending'])
  assert.match(JSON.stringify(state(client)?.state), /^\{"waiting":\{"reason":"ImagePullBackOff",/)
  assert.ok(eventsAbout(client, 'Pod').includes('BackOff: Back-off pulling image "registry.example/web:1.0"'))
})

inCluster('a crashing container is restarted at growing distances', async ({ client, create, pass }) => {
  create(pod('registry.example/web:fail'))
  await pass(2)
  assert.deepEqual(state(client)?.restartCount, 1)
  assert.match(JSON.stringify(state(client)?.state), /"reason":"CrashLoopBackOff","message":"back-off 10s restarting/)
  await pass(12)
  assert.deepEqual(state(client)?.restartCount, 2)
  assert.match(JSON.stringify(state(client)?.state), /back-off 20s/)
})

inCluster('never-ready runs without getting ready, slow-start gets ready later', async ({ client, create, pass }) => {
  create(pod('registry.example/web:1.0', 'slow-start=30s'))
  await pass(20)
  assert.deepEqual(podLines(client), ['web Running'])
  await pass(20)
  assert.deepEqual(podLines(client), ['web Running ready'])
  client.delete('/pods', 'default', 'web', { gracePeriodSeconds: 0 })
  create(pod('registry.example/web:1.0', 'never-ready'))
  await pass(100)
  assert.deepEqual(podLines(client), ['web Running'])
})

inCluster('the tag never keeps a pod waiting', async ({ client, create, pass }) => {
  create(pod('registry.example/web:never'))
  await pass(100)
  assert.deepEqual(podLines(client), ['web Pending'])
  assert.deepEqual(state(client)?.state, { waiting: { reason: 'ContainerCreating' } })
})

inCluster('init containers run before the others, sidecars beside them', async ({ client, create, pass }) => {
  create(
    yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
  - {name: migrate, image: "registry.example/migrate:1.0"}
  - {name: proxy, image: "registry.example/proxy:1.0", restartPolicy: Always}
  containers:
  - {name: web, image: "registry.example/web:1.0"}
`),
  )
  await pass(0.4)
  assert.deepEqual(state(client)?.state, { waiting: { reason: 'PodInitializing' } })
  await pass(3)
  assert.deepEqual(podLines(client), ['web Running ready'])
  const statuses = statusOf<{ initContainerStatuses: { state: object }[] }>(
    client,
    '/pods',
    'web',
  ).initContainerStatuses
  assert.deepEqual(
    statuses.map(one => Object.keys(one.state)[0]),
    ['terminated', 'running'],
  )
})

inCluster('a pod that fits no node says why', async ({ client, create, pass }) => {
  create(
    yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeSelector: {disk: fast}
  containers:
  - {name: web, image: "registry.example/web:1.0"}
`),
  )
  await pass(1)
  const message =
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
  assert.deepEqual(eventsAbout(client, 'Pod'), [`FailedScheduling: ${message}`])
  const node = client.get('/nodes', '', 'sandbox-2')
  client.patch('/nodes', '', 'sandbox-2', { metadata: { labels: { ...node?.metadata.labels, disk: 'fast' } } })
  await pass(2)
  assert.deepEqual(podLines(client), ['web Running ready'])
})

inCluster('a container tells in its log what it did', async ({ client, create, clock, pass }) => {
  create(pod('registry.example/web:1.0'))
  await pass(25)
  const live = client.get('/pods', 'default', 'web')!
  const log = (options = {}) => podLog(live, { previous: false, timestamps: false, ...options }, clock.now())
  assert.equal(
    log(),
    'web: started (registry.example/web:1.0)\nweb: still running after 10s\nweb: still running after 20s\n',
  )
  assert.equal(log({ tailLines: 1, timestamps: true }), '2026-01-01T00:00:20.000000000Z web: still running after 20s\n')
})
