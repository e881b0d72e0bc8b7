import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinSchemas, descriptionOf, schemaFor } from './builtin.ts'
import { schemaFromCrd } from './crd.ts'
import { normalizeBuiltin } from './normalize.ts'
import { mergeKeysOf, schemaAt } from './schema.ts'
import { storedForm } from './stored-form.ts'

const deployment = schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' })!

test('built-in kinds have types, merge keys and descriptions', () => {
  const containers = schemaAt(deployment, ['spec', 'template', 'spec', 'containers'])
  assert.deepEqual(mergeKeysOf(containers), ['name'])
  assert.deepEqual(mergeKeysOf(schemaAt(containers, ['*', 'ports'])), ['containerPort', 'protocol'])
  assert.equal(schemaAt(containers, [0, 'ports', 0, 'protocol'])?.default, 'TCP')
  assert.equal(schemaAt(deployment, ['spec', 'nothing']), undefined)
  assert.equal(schemaAt(deployment, ['metadata', 'labels', 'any'])?.type, 'string')
  assert.match(descriptionOf('io.k8s.api.apps.v1.DeploymentSpec', 'replicas') ?? '', /desired pods/)
  assert.equal(schemaFor({ group: 'apps', version: 'v1', kind: 'Nothing' }), undefined)
  assert.ok(builtinSchemas().resources['apps/v1']?.some(resource => resource.name === 'deployments/scale'))
})

test('types that contain themselves can be walked without end', () => {
  const crd = schemaFor({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })
  const props = schemaAt(crd, ['spec', 'versions', 0, 'schema', 'openAPIV3Schema'])
  assert.equal(schemaAt(props, ['not', 'not', 'not', 'description'])?.type, 'string')
})

test('a built-in object is written as the server writes it', () => {
  const written = normalizeBuiltin(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', labels: {}, unknown: 1 },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        template: { spec: { containers: [{ name: 'a', env: null }] } },
      },
    },
    deployment,
  )
  assert.deepEqual(written, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x' },
    spec: {
      replicas: 0,
      selector: null,
      strategy: {},
      template: { metadata: {}, spec: { containers: [{ name: 'a', resources: {} }] } },
    },
    status: {},
  })
})

test('the schema of a CRD version has the fields of every object', () => {
  const crd = {
    spec: {
      versions: [
        {
          name: 'v1',
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                size: { 'x-kubernetes-int-or-string': true, pattern: '^[0-9]+%?$' },
                template: { type: 'object', 'x-kubernetes-embedded-resource': true },
              },
            },
          },
        },
      ],
    },
  }
  const schema = schemaFromCrd(crd, 'v1')
  assert.equal(schemaAt(schema, ['metadata', 'labels'])?.type, 'object')
  assert.equal(schemaAt(schema, ['template', 'kind'])?.type, 'string')
  assert.equal(schemaAt(schema, ['size'])?.intOrString, true)
  assert.equal(schemaAt(schema, ['size'])?.checks?.pattern, '^[0-9]+%?$')
  assert.equal(schemaFromCrd(crd, 'v2'), undefined)
})

test('storage does not tell an empty list from none', () => {
  const role = schemaFor({ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role' })!
  const stored = storedForm({ metadata: { name: 'x' }, rules: [] }, role)
  assert.deepEqual(stored, { metadata: { name: 'x' }, rules: null })
  const unchanged = { metadata: {}, rules: [{ verbs: ['get'] }] }
  assert.equal(storedForm(unchanged, role), unchanged)
})
