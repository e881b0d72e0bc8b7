import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import { create, table } from '../testing.ts'

const ingress = (spec: string) =>
  yaml.load(`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {${spec}}}`)
const backend = 'backend: {service: {name: web, port: {number: 80}}}'

test('an Ingress is stored as it is, with a status', () => {
  const spec = `rules: [{host: web.example, http: {paths: [{path: /, pathType: Prefix, ${backend}}]}}]`
  const stored = create(ingress(spec)) as unknown as { spec: unknown; status: unknown }
  assert.deepEqual(stored.spec, (ingress(spec) as { spec: unknown }).spec)
  assert.deepEqual(stored.status, { loadBalancer: {} })
})

test('what an Ingress may not be', () => {
  const refused: Readonly<Record<string, string>> = {
    '': 'Ingress.networking.k8s.io "web" is invalid: spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
    [`rules: [{host: 1.2.3.4, http: {paths: [{path: /, pathType: Prefix, ${backend}}]}}]`]:
      'Ingress.networking.k8s.io "web" is invalid: spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    [`rules: [{http: {paths: [{path: x, pathType: Prefix, ${backend}}]}}]`]:
      'Ingress.networking.k8s.io "web" is invalid: spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
    [`rules: [{http: {paths: [{path: /, ${backend}}]}}]`]:
      'Ingress.networking.k8s.io "web" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    'defaultBackend: {service: {name: web, port: {}}}':
      'Ingress.networking.k8s.io "web" is invalid: spec.defaultBackend: Required value: port name or number is required',
  }
  for (const [spec, message] of Object.entries(refused)) assert.equal(create(ingress(spec)), message)
})

test('the table of an Ingress', () => {
  const hosts = ['a', 'b', 'c', 'd', 'e'].map(name => `{host: ${name}.example}`).join(', ')
  assert.equal(
    table(
      yaml.load(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {ingressClassName: nginx, rules: [${hosts}], tls: [{}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}
`),
      '2026-01-01T00:00:05Z',
    ),
    `NAME: web
CLASS: nginx
HOSTS: a.example,b.example,c.example + 2 more...
ADDRESS: 203.0.113.1
PORTS: 80, 443
AGE: 5s
`,
  )
})
