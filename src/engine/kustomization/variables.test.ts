import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { readVariables, type VariableReference } from './variables.ts'

function kustomization(postBuild: NonNullable<Kustomization['spec']['postBuild']>): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'apps' },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' }, postBuild },
  }
}

const cluster: KubeObject[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vars', namespace: 'apps' }, data: { a: '1', b: '2' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'vars', namespace: 'apps' }, data: { b: 'c2VjcmV0' } },
]

const read = async ({ kind, namespace, name }: VariableReference) =>
  cluster.find(each => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace)

test('sources come in the order of the spec, the spec itself last', async () => {
  const from = [
    { kind: 'ConfigMap', name: 'vars' },
    { kind: 'Secret', name: 'vars' },
  ] as const
  assert.deepEqual(await readVariables(kustomization({ substituteFrom: from, substitute: { a: 'inline' } }), read), {
    kind: 'variables',
    sources: [
      { name: 'ConfigMap/vars', values: { a: '1', b: '2' } },
      { name: 'Secret/vars', values: { b: 'secret' } },
      { name: 'spec.postBuild.substitute', values: { a: 'inline' } },
    ],
  })
})

test('every missing source is named, an optional one is not missed', async () => {
  const substituteFrom = [
    { kind: 'ConfigMap', name: 'nope' },
    { kind: 'Secret', name: 'none' },
    { kind: 'Secret', name: 'perhaps', optional: true },
  ] as const
  assert.deepEqual(await readVariables(kustomization({ substituteFrom }), read), {
    kind: 'missing',
    message: [
      `substitute from 'ConfigMap/nope' error: configmaps "nope" not found`,
      `substitute from 'Secret/none' error: secrets "none" not found`,
    ].join('\n'),
  })
})
