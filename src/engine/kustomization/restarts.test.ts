import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import type { LiveObjects } from '../live-objects.ts'
import { follows, withRestarts } from './restarts.ts'
import { emptyWorkspace } from './workspace.ts'

const kustomization = {
  metadata: { name: 'app', namespace: 'shop', annotations: { 'lockstep.dev/restart': 'auto' } },
} as unknown as Kustomization

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { template: { spec: { containers: [{ name: 'web', envFrom: [{ secretRef: { name: 'tls' } }] }] } } },
} as unknown as KubeObject

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'tls', namespace: 'shop' },
  data: { key: 'eA==' },
} as unknown as KubeObject

function rendered(...objects: readonly KubeObject[]): Rendered {
  return { objects: objects.map(object => ({ object })), diagnostics: [], digest: 'sha256:a' } as unknown as Rendered
}

function live(isListed: boolean, ...objects: readonly KubeObject[]): LiveObjects {
  const get: LiveObjects['get'] = ({ kind, name }) =>
    objects.find(each => each.kind === kind && each.metadata.name === name)
  return { ready: async () => {}, isListed: () => isListed, get, list: () => objects } as unknown as LiveObjects
}

test('what is not in the source counts as it is on the cluster, and is part of the digest', async () => {
  const workspace = emptyWorkspace(kustomization)
  const target = { configs: live(true, secret), live: live(true) }
  const result = await withRestarts(rendered(web), kustomization, target, workspace)
  assert.ok('objects' in result)
  assert.match(JSON.stringify(result.objects), /"lockstep.dev\/config-checksum":"Secret\/tls=[0-9a-f]{16}"/)
  assert.notEqual(result.digest, 'sha256:a')
  assert.deepEqual(await withRestarts(rendered(web), kustomization, target, workspace), result)
  assert.equal(follows(workspace, secret), true)
  assert.equal(follows(workspace, { ...secret, metadata: { ...secret.metadata, name: 'other' } }), false)
})

test('nothing is decided about what cannot be seen', async () => {
  const target = { configs: live(false), live: live(true) }
  const failed = await withRestarts(rendered(web), kustomization, target, emptyWorkspace(kustomization))
  assert.deepEqual(failed, {
    phase: 'building',
    reason: 'BuildFailed',
    message:
      'ConfigMaps and Secrets cannot be listed, and workloads restart with some of them (Secret/shop/tls); let Lockstep list and watch them, or take lockstep.dev/restart away',
  })
  const complete = await withRestarts(rendered(web, secret), kustomization, target, emptyWorkspace(kustomization))
  assert.ok('objects' in complete)
})

test('without a workload that is to restart everything stays as it was rendered', async () => {
  const plain = rendered(secret)
  assert.equal(
    await withRestarts(
      plain,
      kustomization,
      { configs: live(false), live: live(false) },
      emptyWorkspace(kustomization),
    ),
    plain,
  )
})
