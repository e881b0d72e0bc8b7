import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { load } from 'js-yaml'
import { type AdmissionWebhook, startAdmissionWebhook } from '../../../test/support/admission-webhook.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { HasToWait } from '../registry/steps.ts'
import { type Sandbox, startSandbox } from '../sandbox.ts'

/*
 * What requests are answered is held by the conformance cases `admission-*`, on both servers. Here is what only the embedded
 * cluster has: the API without HTTP, and services without a network.
 */
let sandbox: Sandbox
let webhook: AdmissionWebhook
const GROUP = 'admissionregistration.k8s.io'
const yaml = (text: string) => load(text) as KubeObject

before(async () => {
  sandbox = await startSandbox({ workloads: false })
  webhook = await startAdmissionWebhook(
    {
      label: { patch: [{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }] },
      deny: { allowed: false, status: { message: 'no' } },
    },
    ['hooks.default.svc'],
  )
})
after(async () => {
  webhook.close()
  await sandbox.stop()
})

function configuration(kind: string, client: string, objects: string): KubeObject {
  return yaml(`
apiVersion: ${GROUP}/v1
kind: ${kind}
metadata: {name: hook}
webhooks:
- name: hook.test.io
  clientConfig: {${client}, caBundle: ${webhook.authority}}
  rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  objectSelector: {matchLabels: {hook: ${objects}}}
  sideEffects: None
  admissionReviewVersions: [v1]
`)
}

const configMap = (name: string, hook: string) =>
  yaml(`{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: default, labels: {hook: ${hook}}}}`)

/** Writes at once, or waits for the webhook that has to be asked first. */
async function write(object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return sandbox.client.create('/configmaps', object)
  } catch (error) {
    if (!(error instanceof HasToWait)) throw error
    await error.done
    return sandbox.client.get('/configmaps', 'default', object.metadata.name)
  }
}

test('a write without HTTP that a webhook changes goes on by itself', async () => {
  const resource = `${GROUP}/mutatingwebhookconfigurations`
  sandbox.client.create(resource, configuration('MutatingWebhookConfiguration', `url: '${webhook.url}/label'`, 'label'))
  assert.throws(() => sandbox.client.create('/configmaps', configMap('a', 'label')), HasToWait)
  const made = await write(configMap('b', 'label'))
  assert.deepEqual(made?.metadata.labels, { seen: 'yes' })
  assert.notEqual(sandbox.client.create('/configmaps', configMap('c', 'other')), undefined)
  sandbox.client.delete(resource, '', 'hook')
})

test('one that a webhook refuses is refused when it is tried again', async () => {
  const resource = `${GROUP}/validatingwebhookconfigurations`
  sandbox.client.create(resource, configuration('ValidatingWebhookConfiguration', `url: '${webhook.url}/deny'`, 'deny'))
  await assert.rejects(write(configMap('d', 'deny')), /admission webhook "hook.test.io" denied the request: no/)
  assert.throws(() => sandbox.client.create('/configmaps', configMap('d', 'deny')), /denied the request: no/)
  assert.equal(sandbox.client.get('/configmaps', 'default', 'd'), undefined)
  sandbox.client.delete(resource, '', 'hook')
})

test('a service stands for the address that its EndpointSlice names', async () => {
  const service = '{namespace: default, name: hooks, path: /deny}'
  const resource = `${GROUP}/validatingwebhookconfigurations`
  sandbox.client.create(resource, configuration('ValidatingWebhookConfiguration', `service: ${service}`, 'service'))
  const refused = (why: RegExp) => assert.rejects(write(configMap('e', 'service')), why)
  const retry = () => assert.throws(() => sandbox.client.create('/configmaps', configMap('e', 'service')))
  await refused(/Post "https:\/\/hooks.default.svc:443\/deny\?timeout=10s": service "hooks" not found/)
  retry()
  sandbox.client.create(
    '/services',
    yaml('{apiVersion: v1, kind: Service, metadata: {name: hooks, namespace: default}, spec: {ports: [{port: 443}]}}'),
  )
  await refused(/dial tcp 10\.96\.\d+\.\d+:443: connect: connection refused/)
  retry()
  sandbox.client.create(
    'discovery.k8s.io/endpointslices',
    yaml(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hooks, namespace: default, labels: {kubernetes.io/service-name: hooks}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{port: ${webhook.port}}]
`),
  )
  await refused(/admission webhook "hook.test.io" denied the request: no/)
})
