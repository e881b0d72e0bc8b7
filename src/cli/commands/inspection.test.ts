import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedCluster, recordedObjects, recordedOutput, runCommand } from '../../../test/support/cli.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { formatLogLine } from '../logs/line.ts'

const ready = (status: string, message: string, lastTransitionTime: string) => ({
  type: 'Ready',
  status,
  reason: 'Any',
  message,
  lastTransitionTime,
})

const failedMessage = `failed to checkout and determine revision: unable to list remote for 'http://127.0.0.1:17100/install-wait-repo.git': Get "http://127.0.0.1:17100/install-wait-repo.git/info/refs?service=git-upload-pack": dial tcp 127.0.0.1:17100: connect: connection refused`

/** The recorded objects with the states they had when the CLI was recorded. */
function traced(): readonly KubeObject[] {
  return recordedObjects('install-wait').map(object => {
    const status = object['status'] as Record<string, unknown>
    if (object.kind === 'Kustomization') {
      const message = 'Applied revision: main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02'
      return { ...object, status: { ...status, conditions: [ready('True', message, '2026-11-21T03:02:21Z')] } } as never
    }
    if (object.kind === 'GitRepository')
      return {
        ...object,
        status: { ...status, conditions: [ready('False', failedMessage, '2026-11-21T02:56:11Z')] },
      } as never
    return object
  })
}

for (const command of [
  'trace deployment web -n rec-install-wait',
  'trace --kind Deployment --api-version apps/v1 -n rec-install-wait web',
  'trace cm conf -n rec-install-wait --kind ConfigMap --api-version v1',
])
  test(`prints what flux prints: ${command}`, async () => {
    assert.deepEqual(await runCommand(command, listedCluster(traced()).client), recordedOutput(`flux ${command}`))
  })

test('trace names the file of the manifest where kustomize left it', async () => {
  const objects = traced().map(object => {
    const annotations = { 'config.kubernetes.io/origin': 'path: app/web.yaml\n' }
    return object.kind === 'Deployment' ? { ...object, metadata: { ...object.metadata, annotations } } : object
  })
  const { stdout } = await runCommand('trace deployment/web -n rec-install-wait', listedCluster(objects).client)
  assert.match(stdout, /^Manifest: {8}app\/web\.yaml$/m)
})

test('trace says why an object leads nowhere', async () => {
  const { client } = listedCluster(traced())
  assert.deepEqual(await runCommand('trace kustomization app -n rec-install-wait', client), {
    exit: 1,
    stdout: '',
    stderr: '✗ Kustomization/app is not managed: it has no label kustomize.toolkit.fluxcd.io/name\n',
  })
  const { stderr } = await runCommand('trace widget app -n rec-install-wait', client)
  assert.equal(stderr, `✗ failed to find object: the server doesn't have a resource type "widget"\n`)
})

test('prints what flux prints: debug of variables that are missing', async () => {
  const command = 'debug ks app -n rec-substitute-strict --show-vars'
  const { client } = listedCluster(recordedObjects('substitute-strict'))
  assert.deepEqual(await runCommand(command, client), recordedOutput(`flux ${command}`))
})

test('debug shows variables and history', async () => {
  const [app] = recordedObjects('install-wait').filter(({ kind }) => kind === 'Kustomization') as [KubeObject]
  const history = [{ digest: 'sha256:25ef', totalReconciliations: 3, metadata: { revision: 'main@sha1:f08c' } }]
  const spec = {
    ...(app['spec'] as object),
    postBuild: { substitute: { region: 'eu', tier: 'web' }, substituteFrom: [{ kind: 'Secret', name: 'vars' }] },
  }
  const vars = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vars', namespace: 'rec-install-wait' },
    data: { region: 'dXM=', key: 'YQpi' },
  }
  const { client } = listedCluster([{ ...app, spec, status: { history } } as never, vars as never])
  const { stdout } = await runCommand('debug ks app -n rec-install-wait --show-vars', client)
  assert.equal(stdout, 'key="a\\nb"\nregion=eu\ntier=web\n')
  assert.equal(
    (await runCommand('debug ks app -n rec-install-wait --show-history', client)).stdout,
    `# History documentation: https://fluxcd.io/flux/components/kustomize/kustomizations/#history
- digest: sha256:25ef
  metadata:
    revision: main@sha1:f08c
  totalReconciliations: 3
`,
  )
})

const event = (kind: string, name: string, fields: object): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${JSON.stringify(fields).length}`, namespace: 'rec-broken-yaml' },
    involvedObject: {
      apiVersion: kind === 'Pod' ? 'v1' : `${kind === 'Kustomization' ? 'kustomize' : 'source'}.toolkit.fluxcd.io/v1`,
      kind,
      name,
      namespace: 'rec-broken-yaml',
    },
    ...fields,
  }) as unknown as KubeObject

const events = [
  event('GitRepository', 'repo', {
    type: 'Warning',
    reason: 'GitOperationFailed',
    message: failedMessage.replaceAll('install-wait', 'broken-yaml'),
    count: 9,
    firstTimestamp: '2026-11-21T02:56:36Z',
    lastTimestamp: '2026-11-21T02:59:48Z',
  }),
  event('Kustomization', 'app', {
    type: 'Warning',
    reason: 'BuildFailed',
    message: `failed to decode Kubernetes YAML from /tmp/kustomization-3161956262/app/bad.yaml: MalformedYAMLError: yaml: line 3: did not find expected ',' or '}'`,
    lastTimestamp: '2026-11-21T02:46:30Z',
  }),
  event('Pod', 'web', {
    type: 'Warning',
    reason: 'Failed',
    message: 'no image',
    lastTimestamp: '2026-11-21T03:00:00Z',
  }),
  event('Kustomization', 'other', {
    type: 'Normal',
    reason: 'Progressing',
    message: 'ConfigMap/a created\nService/b created',
    lastTimestamp: '2026-11-21T03:02:46Z',
  }),
]

test('prints what flux prints: warnings', async () => {
  const command = 'events -n rec-broken-yaml --types=Warning'
  assert.deepEqual(await runCommand(command, listedCluster(events).client), recordedOutput(`flux ${command}`))
})

test('events of one object go over several lines', async () => {
  const { stdout } = await runCommand(
    'events -n rec-broken-yaml --for Kustomization/other',
    listedCluster(events).client,
  )
  assert.equal(
    stdout,
    'LAST SEEN\tTYPE  \tREASON     \tOBJECT             \tMESSAGE             \n' +
      '14s      \tNormal\tProgressing\tKustomization/other\tConfigMap/a created\t\n' +
      '         \t      \t           \t                   \tService/b created  \t\n',
  )
})

test('no events are no failure', async () => {
  assert.deepEqual(await runCommand('events -n quiet', listedCluster([]).client), {
    exit: 0,
    stdout: '',
    stderr: '✗ No events found in quiet namespace.\n',
  })
})

test('lines of the log are shown with object, message and error', () => {
  const line = JSON.stringify({
    level: 'error',
    ts: '2026-11-21T03:02:21.000Z',
    msg: 'Reconciler error',
    controllerKind: 'Kustomization',
    name: 'app',
    namespace: 'shop',
    error: 'build failed',
  })
  const text = '2026-11-21T03:02:21.000Z error Kustomization/app.shop - Reconciler error build failed'
  assert.equal(formatLogLine(line, {}), text)
  assert.equal(formatLogLine(line, { level: 'ERROR', kind: 'kustomization', namespace: 'shop', name: 'app' }), text)
  assert.equal(formatLogLine(line, { level: 'info' }), undefined)
  assert.equal(formatLogLine(line, { namespace: 'other' }), undefined)
  assert.equal(formatLogLine('no JSON', {}), undefined)
})

test('logs says where it looked', async () => {
  const { exit, stderr } = await runCommand('logs', listedCluster([]).client)
  assert.equal(exit, 1)
  assert.equal(
    stderr,
    "✗ no pods of the engine found in the 'flux-system' namespace; name another with --flux-namespace, or run: lockstep install\n",
  )
})
