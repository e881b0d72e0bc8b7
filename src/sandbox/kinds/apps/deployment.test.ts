import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import { create, table, update, withSpec } from '../testing.ts'

const minimal = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx}
`

test('a Deployment is filled in as the API server does it', () => {
  const full = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {}}
spec:
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      serviceAccountName: robot
      nodeSelector: {}
      containers:
      - name: web
        image: nginx:1.27
        stdin: false
        env: []
        ports: [{name: http, containerPort: 80}]
        resources:
          limits: {cpu: 1000m, memory: 1024Mi}
          requests: {cpu: 0.5}
        readinessProbe: {httpGet: {port: http}}
      - {name: side, image: side}
      volumes:
      - {name: cache}
      - {name: config, configMap: {name: web}}
      - {name: tmp, emptyDir: {sizeLimit: 1024Mi}}
`
  assert.deepEqual(
    create(yaml.load(full)),
    yaml.load(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 1
  revisionHistoryLimit: 10
  progressDeadlineSeconds: 600
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: robot
      serviceAccount: robot
      dnsPolicy: ClusterFirst
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
      containers:
      - name: web
        image: nginx:1.27
        imagePullPolicy: IfNotPresent
        ports: [{name: http, containerPort: 80, protocol: TCP}]
        resources:
          limits: {cpu: "1", memory: 1Gi}
          requests: {cpu: 500m}
        readinessProbe:
          httpGet: {path: /, port: http, scheme: HTTP}
          timeoutSeconds: 1
          periodSeconds: 10
          successThreshold: 1
          failureThreshold: 3
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      - name: side
        image: side
        imagePullPolicy: Always
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      volumes:
      - {name: cache, emptyDir: {}}
      - {name: config, configMap: {name: web, defaultMode: 420}}
      - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
status: {}
`),
  )
})

test('a Deployment that cannot be is refused in the words of the API server', () => {
  const refused: Readonly<Record<string, string>> = {
    [minimal.replace('labels: {app: web}', 'labels: {app: other}')]:
      'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
    [minimal.replace('  selector: {matchLabels: {app: web}}\n', '')]:
      'Deployment.apps "web" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`]',
    [minimal.replace('image: nginx', 'image: ""')]:
      'Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value',
    [minimal.replace('    spec:\n', '    spec:\n      restartPolicy: Never\n')]:
      'Deployment.apps "web" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    [minimal.replace('spec:\n', 'spec:\n  replicas: -1\n')]:
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    [minimal.replace('spec:\n', 'spec:\n  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n')]:
      'Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    [minimal.replace(
      '{name: web, image: nginx}',
      '{name: web, image: nginx, resources: {limits: {cpu: 1}, requests: {cpu: 2}}}',
    )]:
      'Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    [minimal.replace(
      '{name: web, image: nginx}',
      '{name: web, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}',
    )]: 'Deployment.apps "web" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    [minimal.replace('{name: web, image: nginx}', '{name: web, image: nginx, ports: [{containerPort: 70000}]}')]:
      'Deployment.apps "web" is invalid: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  }
  for (const [manifest, message] of Object.entries(refused)) assert.equal(create(yaml.load(manifest)), message)
})

test('the selector of a Deployment is set once', () => {
  const changed = update(
    create(yaml.load(minimal)),
    withSpec({
      selector: { matchLabels: { app: 'other' } },
      template: (yaml.load(minimal.replaceAll('app: web', 'app: other')) as { spec: { template: unknown } }).spec
        .template,
    }),
  )
  assert.equal(
    changed,
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
  )
})

test('the table of a Deployment', () => {
  assert.equal(
    table(
      yaml.load(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  replicas: 3
  selector: {matchLabels: {app: web, tier: front}}
  template: {spec: {containers: [{name: web, image: nginx}, {name: side, image: side:1}]}}
status: {readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1}
`),
      '2026-01-01T02:05:00Z',
    ),
    `NAME: web
READY: 2/3
UP-TO-DATE: 3
AVAILABLE: 1
AGE: 125m
CONTAINERS: web,side
IMAGES: nginx,side:1
SELECTOR: app=web,tier=front
`,
  )
})
