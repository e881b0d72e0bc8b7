import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, strategyContext, table, update, withSpec } from '../testing.ts'

const service = (spec: string) => yaml.load(`{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {${spec}}}`)
const spec = (object: KubeObject | string) => {
  assert.ok(typeof object !== 'string', String(object))
  return object['spec'] as Record<string, unknown>
}

test('a Service gets an address and its defaults', () => {
  const { clusterIP, clusterIPs, ...rest } = spec(create(service('selector: {app: web}, ports: [{port: 80}]')))
  assert.match(String(clusterIP), /^10\.96\.\d+\.\d+$/)
  assert.deepEqual(clusterIPs, [clusterIP])
  assert.deepEqual(
    rest,
    yaml.load(`
type: ClusterIP
selector: {app: web}
sessionAffinity: None
internalTrafficPolicy: Cluster
ipFamilies: [IPv4]
ipFamilyPolicy: SingleStack
ports: [{port: 80, targetPort: 80, protocol: TCP}]
`),
  )
})

test('node ports and load balancers', () => {
  const balanced = spec(create(service('type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]')))
  const [port] = balanced['ports'] as { nodePort: number }[]
  assert.ok((port?.nodePort ?? 0) >= 30000 && (port?.nodePort ?? 0) <= 32767)
  assert.ok(Number(balanced['healthCheckNodePort']) >= 30000)
  assert.equal(balanced['allocateLoadBalancerNodePorts'], true)
  assert.equal(
    create(service('type: NodePort, ports: [{port: 80, nodePort: 80}]')),
    'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  )
})

test('headless and external services have no address', () => {
  assert.deepEqual(spec(create(service('clusterIP: None, selector: {app: web}')))['clusterIPs'], ['None'])
  const alone = spec(create(service('clusterIP: None')))
  assert.deepEqual([alone['ipFamilies'], alone['ipFamilyPolicy']], [['IPv4', 'IPv6'], 'RequireDualStack'])
  assert.deepEqual(
    spec(create(service('type: ExternalName, externalName: example.com'))),
    yaml.load('{type: ExternalName, externalName: example.com, sessionAffinity: None}'),
  )
})

test('an address that somebody has is refused', () => {
  const taken = yaml.load(
    '{apiVersion: v1, kind: Service, metadata: {name: other, uid: a}, spec: {clusterIP: 10.96.0.5}}',
  ) as KubeObject
  assert.equal(
    create(service('clusterIP: 10.96.0.5, ports: [{port: 80}]'), strategyContext({ '/services': [taken] })),
    'Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.5"]: failed to allocate IP 10.96.0.5: provided IP is already allocated',
  )
})

test('what a Service may not be', () => {
  const refused: Readonly<Record<string, string>> = {
    'selector: {app: web}': 'Service "web" is invalid: spec.ports: Required value',
    'ports: [{port: 80}, {port: 81, name: b}]': 'Service "web" is invalid: spec.ports[0].name: Required value',
    'type: Other, ports: [{port: 80}]':
      'Service "web" is invalid: spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    'ports: [{port: 80, nodePort: 30080}]':
      'Service "web" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is \'ClusterIP\'',
    'type: ExternalName': 'Service "web" is invalid: spec.externalName: Required value',
  }
  for (const [fields, message] of Object.entries(refused)) assert.equal(create(service(fields)), message)
})

test('the address stays, also when an update leaves it out', () => {
  const old = create(service('selector: {app: web}, ports: [{port: 80}]'))
  const before = spec(old)
  const after = spec(update(old, withSpec({ clusterIP: undefined, clusterIPs: undefined, ports: [{ port: 81 }] })))
  assert.deepEqual(after['clusterIPs'], before['clusterIPs'])
  assert.equal(
    update(old, withSpec({ clusterIP: '10.96.9.9' })),
    'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
  )
})

test('node ports stay while the type has them and go with it', () => {
  const old = create(service('type: NodePort, ports: [{port: 80, name: a}, {port: 81, name: b}]'))
  const ports = (object: KubeObject | string) =>
    (spec(object)['ports'] as { nodePort?: number }[]).map(one => one.nodePort)
  const renamed = [
    { name: 'a', port: 90 },
    { name: 'c', port: 91 },
  ]
  assert.equal(ports(update(old, withSpec({ ports: renamed })))[0], ports(old)[0])
  assert.deepEqual(ports(update(old, withSpec({ type: 'ClusterIP' }))), [undefined, undefined])
})

test('the table of a Service', () => {
  const rows = table(
    yaml.load(`
apiVersion: v1
kind: Service
metadata: {name: web, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  type: LoadBalancer
  clusterIPs: [10.96.0.7]
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080, protocol: TCP}, {port: 443, protocol: TCP}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.9}, {hostname: lb.example}]}}
`),
    '2026-01-03T01:00:00Z',
  )
  assert.equal(
    rows,
    `NAME: web
TYPE: LoadBalancer
CLUSTER-IP: 10.96.0.7
EXTERNAL-IP: 203.0.113.9,lb.example
PORT(S): 80:30080/TCP,443/TCP
AGE: 2d1h
SELECTOR: app=web
`,
  )
})
