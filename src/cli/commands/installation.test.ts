import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedCluster, recordedObjects, recordedOutput, runCommand } from '../../../test/support/cli.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { installManifests } from '../install/manifests.ts'
import { formatBytes } from './stats.ts'

const options = {
  namespace: 'flux-system',
  version: '1.0.0',
  image: 'lockstep:v1.0.0',
  restricted: false,
  logLevel: 'info',
  watchAllNamespaces: true,
}

function installed(readyReplicas = 1): readonly KubeObject[] {
  return (installManifests(options) as unknown as readonly KubeObject[]).map(object =>
    object.kind === 'Deployment' ? { ...object, status: { readyReplicas, updatedReplicas: 1 } } : object,
  )
}

test('check --pre prints what flux prints', async () => {
  assert.deepEqual(await runCommand('check --pre', listedCluster([]).client), recordedOutput('flux check --pre'))
})

test('check tells how the installation is', async () => {
  assert.deepEqual(await runCommand('check', listedCluster(installed()).client), {
    exit: 0,
    stdout: '',
    stderr: `► checking prerequisites
✔ Kubernetes 1.34.4 >=1.33.0-0
► checking controllers
✔ lockstep: deployment ready
► lockstep:v1.0.0
► checking crds
✔ gitrepositories.source.toolkit.fluxcd.io/v1
✔ kustomizations.kustomize.toolkit.fluxcd.io/v1
✔ all checks passed
`,
  })
})

test('check fails with what is missing', async () => {
  const { exit, stderr } = await runCommand('check', listedCluster([]).client)
  assert.equal(exit, 1)
  assert.equal(
    stderr,
    `► checking prerequisites
✔ Kubernetes 1.34.4 >=1.33.0-0
► checking controllers
✗ no engine found in the 'flux-system' namespace with the label selector 'app.kubernetes.io/part-of=flux'; run: lockstep install
► checking crds
✗ gitrepositories.source.toolkit.fluxcd.io is missing; run: lockstep install
✗ kustomizations.kustomize.toolkit.fluxcd.io is missing; run: lockstep install
✗ check failed
`,
  )
})

test('check waits for nobody: a deployment that is not ready fails it', async () => {
  const { exit, stderr } = await runCommand('check', listedCluster(installed(0)).client)
  assert.equal(exit, 1)
  assert.match(
    stderr,
    /✗ lockstep: 0 of 1 replicas are ready; see: kubectl -n flux-system describe deployment lockstep/,
  )
})

test('uninstall takes the engine, the finalizers, the kinds and the namespace, and leaves what was applied', async () => {
  const { client, writes } = listedCluster([...installed(), ...recordedObjects('install-wait')])
  const { exit, stderr } = await runCommand('uninstall -s', client)
  assert.equal(exit, 0, stderr)
  assert.deepEqual(writes, [
    'delete Deployment/flux-system/lockstep',
    'delete Service/flux-system/lockstep',
    'delete NetworkPolicy/flux-system/lockstep-allow-egress',
    'delete NetworkPolicy/flux-system/lockstep-allow-artifacts',
    'delete NetworkPolicy/flux-system/lockstep-allow-scraping',
    'delete PodDisruptionBudget/flux-system/lockstep',
    'delete ResourceQuota/flux-system/critical-pods-flux-system',
    'delete RoleBinding/flux-system/lockstep-lease',
    'delete Role/flux-system/lockstep-lease',
    'delete ServiceAccount/flux-system/lockstep',
    'delete ClusterRoleBinding//lockstep-flux-system',
    'delete ClusterRoleBinding//lockstep-flux-system-observer',
    'delete ClusterRoleBinding//lockstep-flux-system-reconciler',
    'delete ClusterRole//lockstep-flux-system',
    'delete ClusterRole//lockstep-flux-system-observed',
    'delete ClusterRole//lockstep-flux-system-observer',
    'patch GitRepository/rec-install-wait/repo',
    'patch Kustomization/rec-install-wait/app',
    'delete CustomResourceDefinition//gitrepositories.source.toolkit.fluxcd.io',
    'delete CustomResourceDefinition//kustomizations.kustomize.toolkit.fluxcd.io',
    'delete Namespace//flux-system',
  ])
})

test('uninstall --dry-run writes nothing', async () => {
  const { client, writes } = listedCluster([...installed(), ...recordedObjects('install-wait')])
  const { stderr } = await runCommand('uninstall --dry-run --keep-namespace', client)
  assert.deepEqual(writes, [])
  assert.match(stderr, /✔ Kustomization\/rec-install-wait\/app finalizers deleted \(dry run\)/)
  assert.doesNotMatch(stderr, /Namespace\/flux-system/)
})

test('stats counts by kind and state', async () => {
  const { client } = listedCluster(recordedObjects('install-wait'))
  const { stdout } = await runCommand('stats -n rec-install-wait', client)
  const expected = recordedOutput('flux stats -n rec-install-wait').stdout
  // The recording was made later, when the host of the source was already down.
  const size = stdout.split('\n')[1]
  assert.equal(stdout, expected.replace(/^GitRepository.*$/m, size ?? ''))
})

test('sizes are in powers of 1024', () => {
  assert.deepEqual([0, 375, 1024, 9100, 3 * 1024 ** 3].map(formatBytes), [
    '0 B',
    '375 B',
    '1.0 KiB',
    '8.9 KiB',
    '3.0 GiB',
  ])
})

test('version tells of this program and of the installation', async () => {
  const { stdout } = await runCommand('version', listedCluster(installed()).client)
  assert.match(stdout, /^lockstep: v[\d.]+\ndistribution: flux-v2\.9\.4\nlockstep \(installed\): v1\.0\.0\n$/)
})
