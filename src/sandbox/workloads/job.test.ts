import assert from 'node:assert/strict'
import yaml from 'js-yaml'
import { eventsAbout, inCluster, podLines, statusOf } from './testing.ts'

const job = (spec: string, image = 'registry.example/task:1.0') =>
  yaml.load(`
apiVersion: batch/v1
kind: Job
metadata: {name: task}
spec:
  ${spec}
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: task, image: "${image}"}
`)

inCluster('a Job runs to its completions and says so as the real controller does', async ({ client, create, pass }) => {
  create(job('completions: 2'))
  await pass(1)
  assert.equal(podLines(client).filter(line => /^task-\w{5} Succeeded$/.test(line)).length, 1)
  await pass(2)
  assert.deepEqual(
    statusOf(client, 'batch/jobs', 'task'),
    yaml.load(`
startTime: "2026-01-01T00:00:00Z"
completionTime: "2026-01-01T00:00:01Z"
succeeded: 2
ready: 0
terminating: 0
uncountedTerminatedPods: {}
conditions:
- type: SuccessCriteriaMet
  status: "True"
  reason: CompletionsReached
  message: Reached expected number of succeeded pods
  lastProbeTime: "2026-01-01T00:00:01Z"
  lastTransitionTime: "2026-01-01T00:00:01Z"
- type: Complete
  status: "True"
  reason: CompletionsReached
  message: Reached expected number of succeeded pods
  lastProbeTime: "2026-01-01T00:00:01Z"
  lastTransitionTime: "2026-01-01T00:00:01Z"
`),
  )
  assert.equal(eventsAbout(client, 'Job').at(-1), 'Completed: Job completed')
})

inCluster('a Job whose pods fail is tried again up to its limit', async ({ client, create, pass }) => {
  create(job('backoffLimit: 1', 'registry.example/task:fail'))
  await pass(10)
  const status = statusOf<{
    failed: number
    conditions: { type: string; reason: string; message: string }[]
  }>(client, 'batch/jobs', 'task')
  assert.equal(status.failed, 2)
  assert.deepEqual(
    status.conditions.map(({ type, reason, message }) => `${type}: ${reason}: ${message}`),
    [
      'FailureTarget: BackoffLimitExceeded: Job has reached the specified backoff limit',
      'Failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
    ],
  )
  assert.ok(podLines(client).every(line => line.endsWith(' Failed')))
})

inCluster('an indexed Job has one pod for each index', async ({ client, create, pass }) => {
  create(job('{completions: 3, parallelism: 2, completionMode: Indexed}'.slice(1, -1).replaceAll(', ', '\n  ')))
  await pass(5)
  const names = client.list('/pods', 'default').map(pod => pod.metadata.name.slice(0, 6))
  assert.deepEqual(names, ['task-0', 'task-1', 'task-2'])
  const status = statusOf(client, 'batch/jobs', 'task')
  assert.equal(status['completedIndexes'], '0-2')
})

inCluster('a suspended Job waits; a finished one goes after its time to live', async ({ client, create, pass }) => {
  create(job('suspend: true\n  ttlSecondsAfterFinished: 30'))
  await pass(3)
  assert.deepEqual(podLines(client), [])
  client.patch('batch/jobs', 'default', 'task', { spec: { suspend: false } })
  await pass(3)
  assert.equal(statusOf<{ succeeded?: number }>(client, 'batch/jobs', 'task').succeeded, 1)
  await pass(40)
  assert.equal(client.get('batch/jobs', 'default', 'task'), undefined)
  assert.deepEqual(podLines(client), [])
})

inCluster('a Job that takes too long fails', async ({ client, create, pass }) => {
  create(job('activeDeadlineSeconds: 5', 'registry.example/task:never'))
  await pass(8)
  const status = statusOf<{ conditions: { reason: string }[] }>(client, 'batch/jobs', 'task')
  assert.equal(status.conditions.at(-1)?.reason, 'DeadlineExceeded')
  assert.deepEqual(podLines(client), [])
})

inCluster('a CronJob makes a Job at every minute and keeps three', async ({ client, create, pass }) => {
  create(
    yaml.load(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - {name: tick, image: "registry.example/tick:1.0"}
`),
  )
  await pass(65)
  const [first] = client.list('batch/jobs', 'default')
  assert.equal(first?.metadata.name, `tick-${Date.parse('2026-01-01T00:01:00Z') / 60_000}`)
  assert.equal(first?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'], '2026-01-01T00:01:00Z')
  assert.deepEqual(statusOf(client, 'batch/cronjobs', 'tick'), {
    lastScheduleTime: '2026-01-01T00:01:00Z',
    lastSuccessfulTime: '2026-01-01T00:01:00Z',
  })
  assert.deepEqual(eventsAbout(client, 'CronJob'), [
    `SuccessfulCreate: Created job ${first?.metadata.name}`,
    `SawCompletedJob: Saw completed job: ${first?.metadata.name}, condition: Complete`,
  ])
  await pass(600)
  assert.equal(client.list('batch/jobs', 'default').length, 3)
})
