import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedCluster, recordedObjects, recordedOutput, runCommand } from '../../../test/support/cli.ts'
import type { KubeObject } from '../../manifest/object.ts'

const kustomizations = (scenario: string) => recordedObjects(scenario).filter(({ kind }) => kind === 'Kustomization')

const source: KubeObject = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'repo', namespace: 'rec-install-wait', creationTimestamp: '2026-11-21T02:46:00Z' },
  spec: { url: 'https://example.test/a.git', interval: '10m' },
  status: {
    artifact: { revision: 'main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02' },
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'GitOperationFailed',
        lastTransitionTime: '2026-11-21T02:56:11Z',
        message: `failed to checkout and determine revision: unable to list remote for 'http://127.0.0.1:17100/install-wait-repo.git': Get "http://127.0.0.1:17100/install-wait-repo.git/info/refs?service=git-upload-pack": dial tcp 127.0.0.1:17100: connect: connection refused`,
      },
    ],
  },
}

const sameAsFlux: readonly (readonly [command: string, objects: readonly KubeObject[]])[] = [
  ['get kustomizations -n rec-install-wait', kustomizations('install-wait')],
  ['get ks -n rec-broken-yaml', kustomizations('broken-yaml')],
  ['get sources git -n rec-install-wait', [source]],
  ['get sources all -n rec-install-wait', [source]],
  ['get all -n rec-install-wait', [source, ...kustomizations('install-wait')]],
  ['get ks app -n rec-install-wait --no-header', kustomizations('install-wait')],
  ['get ks -n rec-nothing', kustomizations('install-wait')],
  ['get ks nope -n rec-install-wait', kustomizations('install-wait')],
  ['get ks -n rec-suspend-resume --status-selector ready=true', kustomizations('suspend-resume')],
  ['get ks -n rec-everything --label-selector x=y', kustomizations('everything')],
]

for (const [command, objects] of sameAsFlux)
  test(`prints what flux prints: ${command}`, async () => {
    assert.deepEqual(await runCommand(command, listedCluster(objects).client), recordedOutput(`flux ${command}`))
  })

test('goes on watching until the time is over', async () => {
  const recorded = recordedOutput('flux get ks -n rec-install-wait -w --timeout 2s')
  const { client } = listedCluster(kustomizations('install-wait'))
  assert.deepEqual(await runCommand('get ks -n rec-install-wait -w --timeout 200ms', client), recorded)
})

test('messages of several lines go on in rows of their own', async () => {
  const [app] = kustomizations('install-wait')
  const broken = { type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'two problems:\na.yaml:1:2: bad' }
  const { client } = listedCluster([
    { ...(app as KubeObject), status: { conditions: [broken] } } as unknown as KubeObject,
  ])
  const { stdout } = await runCommand('get ks -n rec-install-wait', client)
  assert.equal(
    stdout,
    'NAME\tREVISION\tSUSPENDED\tREADY\tMESSAGE         \n' +
      'app \t        \tFalse    \tFalse\ttwo problems:  \t\n' +
      '    \t        \t         \t     \ta.yaml:1:2: bad\t\n',
  )
})

test('-o wide adds where it comes from and how old it is', async () => {
  const { client } = listedCluster(kustomizations('install-wait'))
  const { stdout } = await runCommand('get ks -n rec-install-wait -o wide', client)
  assert.deepEqual(
    stdout.split('\n').map(line => line.split('\t').map(cell => cell.trimEnd())),
    [
      ['NAME', 'REVISION', 'SUSPENDED', 'READY', 'MESSAGE', 'SOURCE', 'PATH', 'LAST RECONCILED', 'AGE'],
      [
        'app',
        'main@sha1:f08c0610',
        'False',
        'True',
        'Applied revision: main@sha1:f08c0610',
        'GitRepository/rec-install-wait/repo',
        './app',
        '16m ago',
        '16m',
        '',
      ],
      [''],
    ],
  )
})

test('-o name names kind, group and name', async () => {
  const { client } = listedCluster([source, ...kustomizations('install-wait')])
  const { stdout } = await runCommand('get all -n rec-install-wait -o name', client)
  assert.equal(stdout, 'gitrepository.source.toolkit.fluxcd.io/repo\nkustomization.kustomize.toolkit.fluxcd.io/app\n')
})

test('a selector that is none says how to write one', async () => {
  const { client } = listedCluster(kustomizations('install-wait'))
  assert.deepEqual(await runCommand('get ks -n rec-install-wait --status-selector ready', client), {
    exit: 1,
    stdout: '',
    stderr: '✗ expected status selector in type=status format, but found: ready\n',
  })
})

test('several kinds at once cannot be watched', async () => {
  assert.deepEqual(await runCommand('get all -w'), {
    exit: 1,
    stdout: '',
    stderr: '✗ --watch is for one kind: lockstep get kustomizations --watch\n',
  })
})
