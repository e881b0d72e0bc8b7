import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, update, withSpec } from '../testing.ts'

const job = (fields = '') =>
  yaml.load(`
apiVersion: batch/v1
kind: Job
metadata: {name: task, uid: 0000-1}
spec:
  ${fields}
  template:
    metadata: {labels: {app: task}}
    spec: {restartPolicy: Never, containers: [{name: task, image: "task:1"}]}
`)

test('selector and labels of a Job are made from its UID', () => {
  const labels = `{app: task, job-name: task, batch.kubernetes.io/job-name: task, controller-uid: 0000-1, batch.kubernetes.io/controller-uid: 0000-1}`
  const { template, ...spec } = (create(job()) as KubeObject)['spec'] as Record<string, unknown>
  assert.deepEqual(
    spec,
    yaml.load(`
backoffLimit: 6
completionMode: NonIndexed
completions: 1
parallelism: 1
manualSelector: false
podReplacementPolicy: TerminatingOrFailed
selector: {matchLabels: {batch.kubernetes.io/controller-uid: 0000-1}}
suspend: false
`),
  )
  assert.deepEqual((template as { metadata: { labels: unknown } }).metadata.labels, yaml.load(labels))
  assert.deepEqual((create(job()) as KubeObject).metadata.labels, yaml.load(labels))
})

test('a Job must be able to end', () => {
  assert.equal(
    create({ ...(job() as object), spec: { template: { spec: { containers: [{ name: 'a', image: 'a' }] } } } }),
    'Job.batch "task" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  )
})

test('the template and the completions of a Job are set once', () => {
  const old = create(job())
  assert.ok(typeof update(old, withSpec({ parallelism: 3, suspend: true, backoffLimit: 1 })) !== 'string')
  assert.equal(
    update(old, withSpec({ completions: 2 })),
    'Job.batch "task" is invalid: spec.completions: Invalid value: 2: field is immutable',
  )
  const template = (old as unknown as { spec: { template: { spec: object } } }).spec.template
  const changed = update(
    old,
    withSpec({
      template: { ...template, spec: { ...template.spec, containers: [{ name: 'task', image: 'task:2' }] } },
    }),
  )
  assert.match(String(changed), /^Job\.batch "task" is invalid: spec\.template: Invalid value: .*: field is immutable$/)
})
