// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are what is tested
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { substituteObject } from './substitute-object.ts'
import { collectVariables, substitutes } from './variables.ts'

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas: '${replicas}', paused: '${paused:=false}' },
} as unknown as KubeObject

const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  paused: \${paused:=false}
  replicas: \${replicas}
`

test('values take the type that the text gives them', () => {
  const { variables } = collectVariables([{ name: 'inline', values: { replicas: '3' } }])
  const { object, diagnostics } = substituteObject({ object: deployment, text, variables, strict: true })
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(object?.['spec'], { paused: false, replicas: 3 })
})

test('errors name the object and the field, and where it was written', () => {
  const { object, diagnostics } = substituteObject({
    object: deployment,
    text,
    variables: new Map(),
    strict: true,
    locate: pointer => (pointer === '/spec/replicas' ? { file: 'apps/web.yaml', line: 7, column: 13 } : undefined),
  })
  assert.equal(object, undefined)
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    'apps/web.yaml:7:13: Deployment/shop/web /spec/replicas: variable not set (strict mode): "replicas" ' +
      '(set it in postBuild.substitute or substituteFrom, or give a default: ${replicas:=value})',
  ])
})

test('a value that breaks the YAML is told', () => {
  const variables = new Map([['replicas', '[']])
  const { diagnostics } = substituteObject({ object: deployment, text, variables, strict: true })
  assert.equal(diagnostics[0]?.code, 'substitution-breaks-yaml')
})

test('a label or an annotation keeps an object out', () => {
  for (const field of ['labels', 'annotations']) {
    const metadata = { ...deployment.metadata, [field]: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } }
    const object = { ...deployment, metadata }
    const result = substituteObject({ object, text, variables: new Map(), strict: true })
    assert.deepEqual(result, { object, diagnostics: [] })
  }
})

test('later sources win, line ends go, names are checked', () => {
  const { variables, diagnostics } = collectVariables([
    { name: 'ConfigMap/a', values: { one: '1', two: 'x\ny\n' } },
    { name: 'Secret/b', values: { one: 'b', 'not-a-name': '' } },
  ])
  assert.equal(variables.get('one'), 'b')
  assert.equal(variables.get('two'), 'xy')
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    "Secret/b: 'not-a-name' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$' (rename the key)",
  ])
  assert.equal(substitutes('WithVariables', new Map()), false)
  assert.equal(substitutes('Always', new Map()), true)
})
