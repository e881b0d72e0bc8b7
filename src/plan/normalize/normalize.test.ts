import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dump, load } from 'js-yaml'
import type { KubeObject } from '../../manifest/object.ts'
import { normalize, normalizeDesired } from './normalize.ts'

function yaml(text: string): KubeObject {
  return load(text) as KubeObject
}

test('a Deployment as Flux applies it', () => {
  const object = yaml(`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  creationTimestamp: "2020-01-01T00:00:00Z"
spec:
  replicas: 0
  paused: false
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: a
        image: a:1
        env: [{ name: EMPTY, value: "" }]
        unknownField: 1
        ports: [{ containerPort: 80 }]
        resources: { limits: { cpu: 1500m, memory: 0.5 } }
      volumes: [{ name: tmp, emptyDir: {} }]
status: { replicas: 1 }
`)
  assert.equal(
    dump(normalize(object), { sortKeys: true }),
    `apiVersion: apps/v1
kind: Deployment
metadata:
  creationTimestamp: null
  name: web
spec:
  replicas: 0
  selector:
    matchLabels:
      app: web
  strategy: {}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - env:
            - name: EMPTY
          image: a:1
          name: a
          ports:
            - containerPort: 80
              protocol: TCP
          resources:
            limits:
              cpu: 1500m
              memory: 500m
      volumes:
        - emptyDir: {}
          name: tmp
`,
  )
})

test('an object that does not fit its type stays, but for its status', () => {
  const object = yaml('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: conf }\ndata: { on: true }\nstatus: {}\n')
  assert.deepEqual(normalize(object), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf', creationTimestamp: null },
    data: { on: true },
  })
})

test('Roles are applied as they stand', () => {
  const role = yaml('apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: all }\nrules: []\n')
  assert.equal(normalizeDesired(role), role)
})
