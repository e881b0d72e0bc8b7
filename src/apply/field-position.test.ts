import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../kube/cluster.ts'
import type { KubeObject } from '../manifest/object.ts'
import { fieldPosition } from './field-position.ts'

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { 'a.b/c': 'x y' } },
  spec: {
    replicas: '3',
    template: {
      spec: {
        containers: [
          { name: 'side', image: 'a:1' },
          { name: 'web', image: ' b', ports: [{ containerPort: 80, protocol: 'TCP', colour: 'red' }] },
        ],
      },
    },
  },
} as unknown as KubeObject

/** The pointer whose place is asked for; a place is the pointer's own text here. */
function pointerFor(status: { readonly message?: string; readonly fields?: readonly string[] }): string | undefined {
  const { message = 'it is invalid', fields } = status
  const details =
    fields === undefined ? undefined : { causes: fields.map(field => ({ reason: 'FieldValueInvalid', field })) }
  const error = new ApiError({ code: 422, reason: 'Invalid', message, details })
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
  const position = fieldPosition(error, {
    ref,
    action: 'create',
    cause: 'absent',
    changes: [],
    force: false,
    desired: DEPLOYMENT,
    explain: pointer => [{ by: 'file', position: { file: pointer, line: 1, column: 1 } }, { by: 'transformer' }],
  })
  return position?.file
}

test('the paths of causes, with indexes, keys and what is around a missing field', () => {
  const cases: readonly [string, string | undefined][] = [
    ['spec.replicas', '/spec/replicas'],
    ['spec.template.spec.containers[1].image', '/spec/template/spec/containers/1/image'],
    ['spec.template.spec.containers[1].resources.limits[cpu]', '/spec/template/spec/containers/1'],
    ['spec.template.spec.containers[7].image', '/spec/template/spec/containers'],
    ['metadata.labels', '/metadata/labels'],
    ['metadata.labels[a.b/c]', '/metadata/labels/a.b~1c'],
    ['metadata.labels.a.b/c', '/metadata/labels/a.b~1c'],
    ['spec.selector', '/spec'],
    ['<nil>', undefined],
    ['status', undefined],
  ]
  for (const [field, pointer] of cases) assert.equal(pointerFor({ fields: [field] }), pointer, field)
  assert.equal(pointerFor({ fields: ['status', 'spec.replicas'] }), '/spec/replicas')
})

test('the fields that decoding and typed merging name', () => {
  const cases: readonly [string, string | undefined][] = [
    ['strict decoding error: unknown field "spec.template.spec.containers[0].img"', '/spec/template/spec/containers/0'],
    [
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string',
      '/spec/replicas',
    ],
    [
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].colour: field not declared in schema',
      '/spec/template/spec/containers/1/ports/0/colour',
    ],
    ['deployments.apps "web" is forbidden', undefined],
  ]
  for (const [message, pointer] of cases) assert.equal(pointerFor({ message }), pointer, message)
})
