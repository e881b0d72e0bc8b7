import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../kube/cluster.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../plan/change-set.ts'
import { failureOf } from './failure.ts'

const changes: ChangeSet = {
  owner: { name: 'app', namespace: 'shop' },
  stages: [],
  prune: [],
  inventory: [],
  diagnostics: [],
}

function fail(
  kind: string,
  status: { code: number; reason: string; message: string; details?: object },
  namespace = 'shop',
) {
  const ref = {
    group: kind === 'Widget' || kind === 'Gadet' ? 'example.test' : '',
    version: 'v1',
    kind,
    namespace,
    name: 'x',
  }
  const entry: ChangeEntry = { ref, action: 'create', cause: 'absent', changes: [], force: false }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.test' },
    spec: { group: 'example.test', names: { kind: 'Gadget' }, versions: [{ name: 'v1', served: true }] },
  } as unknown as KubeObject
  const stage = { name: 'definitions', wait: true, entries: [{ ...entry, desired: definition }] } as const
  const error = new ApiError(status as ConstructorParameters<typeof ApiError>[0])
  const { message, diagnostic } = failureOf(error, entry, 'validate', { changes: { ...changes, stages: [stage] } })
  return [message, diagnostic.code, diagnostic.hint ?? '']
}

test('the sentences are Flux’s, and each cause has a name and an advice', () => {
  assert.deepEqual(
    fail('Widget', {
      code: 404,
      reason: 'NoKindMatch',
      message: 'no matches for kind "Widget" in version "example.test/v1"',
    }).slice(0, 2),
    ['Widget/shop/x dry-run failed: no matches for kind "Widget" in version "example.test/v1"', 'unknown-kind'],
  )
  assert.deepEqual(fail('Service', { code: 404, reason: 'NotFound', message: 'namespaces "shop" not found' }), [
    'Service/shop/x not found: namespaces "shop" not found',
    'namespace-missing',
    'add a Namespace "shop" to the source, or create it with: kubectl create namespace shop',
  ])
  assert.deepEqual(
    fail(
      'Service',
      { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' },
      '',
    ).slice(0, 2),
    ['Service/x namespace not specified: the server could not find the requested resource', 'namespace-missing'],
  )
  assert.deepEqual(
    fail('ConfigMap', {
      code: 403,
      reason: 'Forbidden',
      message:
        'configmaps "x" is forbidden: User "system:serviceaccount:shop:tenant" cannot patch resource "configmaps" in API group "" in the namespace "shop"',
    }),
    [
      'ConfigMap/shop/x dry-run failed (Forbidden): configmaps "x" is forbidden: User "system:serviceaccount:shop:tenant" cannot patch resource "configmaps" in API group "" in the namespace "shop"',
      'forbidden',
      'allow service account shop/tenant to patch configmaps with a Role and a RoleBinding',
    ],
  )
  assert.deepEqual(
    fail('ConfigMap', {
      code: 500,
      reason: '',
      message:
        'failed to create typed patch object (shop/x; /v1, Kind=ConfigMap): .data.s: expected string, got &value.valueUnstructured{Value:true}',
    }),
    [
      'ConfigMap/shop/x dry-run failed: failed to create typed patch object (shop/x; /v1, Kind=ConfigMap): .data.s: expected string, got &value.valueUnstructured{Value:true}',
      'invalid-field',
      'put the value of .data.s in quotes: YAML reads 1, true and 1e3 without them as no texts',
    ],
  )
  const typed = (problem: string) =>
    fail('Service', { code: 500, reason: '', message: `failed to create typed patch object: ${problem}` })[2]
  assert.equal(
    typed('.spec.ports: expected list, got &{map[port:80]}'),
    'write a list below .spec.ports; check the indentation',
  )
  assert.equal(
    typed('.spec.replicas: expected numeric (int or float), got &value.valueUnstructured{Value:"1"}'),
    'write a number into .spec.replicas, without quotes',
  )
  assert.equal(
    typed('.spec.port: field not declared in schema'),
    'the kind has no field .spec.port; check its spelling, its place and the apiVersion',
  )
  assert.equal(
    fail('ConfigMap', {
      code: 400,
      reason: 'BadRequest',
      message: 'admission webhook "deny.example.test" denied the request: no',
    })[1],
    'denied-by-webhook',
  )
  assert.equal(
    fail('ConfigMap', { code: 413, reason: 'RequestEntityTooLarge', message: 'limit is 3145728' })[1],
    'too-large',
  )
  assert.equal(
    fail('ConfigMap', { code: 0, reason: 'Unreachable', message: 'connect ECONNREFUSED' })[1],
    'api-server-unreachable',
  )
  const causes = [{ reason: 'FieldManagerConflict', field: '.data.a', message: 'conflict with "x"' }]
  assert.match(
    fail('ConfigMap', {
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict',
      details: { causes },
    })[0]!,
    /dry-run failed \(FieldManagerConflict\): Apply failed/,
  )
})

test('a kind that is misspelled is recognised', () => {
  const [, , hint] = fail('Gadet', { code: 404, reason: 'NoKindMatch', message: 'no matches' })
  assert.match(hint!, /did you mean Gadget in example\.test\/v1\?$/)
})
