import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { readManifests } from '../../manifest/yaml/manifests.ts'
import { changedConfigs } from './changed-configs.ts'
import { configDigest } from './config-digest.ts'
import { configUses } from './config-uses.ts'
import { CHECKSUM, type OtherConfigs, type RestartMode, restartModeOf, withChecksums } from './with-checksums.ts'

function read(text: string): readonly KubeObject[] {
  const { diagnostics, manifests } = readManifests(text, { file: 'test.yaml', dialect: 'kubectl' })
  assert.deepEqual(diagnostics, [])
  return manifests.map(({ value }) => value as unknown as KubeObject)
}

function others(objects: readonly KubeObject[]): OtherConfigs {
  const list: OtherConfigs['list'] = (kind, namespace) =>
    objects.filter(each => each.kind === kind && each.metadata.namespace === namespace)
  return { list, get: (kind, namespace, name) => list(kind, namespace).find(each => each.metadata.name === name) }
}

/** The checksum of each workload by name, without the digests, and what is followed. */
function summarize(text: string, mode: RestartMode | undefined, live = '') {
  const sourced = read(text).map(object => ({ object }))
  const { checksums, follows, objects } = withChecksums(sourced, mode, others(read(live)))
  const annotated = objects.flatMap(({ object }) => {
    const template = (object['spec'] as { template?: { metadata?: { annotations?: Record<string, string> } } })
      ?.template
    const checksum = template?.metadata?.annotations?.[CHECKSUM]
    return checksum === undefined ? [] : [[object.metadata.name, checksum.replace(/=[0-9a-f]{16}/g, '')]]
  })
  assert.equal(checksums.length, annotated.length)
  return { ...Object.fromEntries(annotated), ...(follows.length > 0 && { follows }) }
}

function web(annotations = '', rest = ''): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec:
  template:
    metadata: {labels: {app: web}${rest}}
    spec:
      containers:
      - name: web
        envFrom: [{configMapRef: {name: env}}]
        env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
`
}

const configs = `
---
apiVersion: v1
kind: ConfigMap
metadata: {name: env, namespace: shop}
data: {A: "1"}
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: secret, other: x}
`

test('everything that Pods read counts once', () => {
  const [pod] = read(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - name: init
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: init, key: a, optional: true}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: init, key: b}}}
    - {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: D, value: plain}
  containers:
  - name: main
    envFrom:
    - configMapRef: {name: env}
    - secretRef: {name: env-secret, optional: true}
    env:
    - {name: A, valueFrom: {secretKeyRef: {name: whole, key: a}}}
  volumes:
  - {name: v1, configMap: {name: files, items: [{key: x, path: x}, {key: w, path: w}]}}
  - {name: v2, secret: {secretName: whole}}
  - {name: v3, emptyDir: {}}
  - name: v4
    projected:
      sources:
      - configMap: {name: projected}
      - secret: {name: projected-secret, items: [{key: k, path: k}]}
      - serviceAccountToken: {path: token}
`)
  assert.deepEqual(configUses(pod?.['spec'] as JsonObject), [
    { kind: 'ConfigMap', name: 'files', keys: ['w', 'x'] },
    { kind: 'Secret', name: 'whole' },
    { kind: 'ConfigMap', name: 'projected' },
    { kind: 'Secret', name: 'projected-secret', keys: ['k'] },
    { kind: 'ConfigMap', name: 'init', keys: ['a', 'b'] },
    { kind: 'ConfigMap', name: 'env' },
    { kind: 'Secret', name: 'env-secret' },
  ])
})

test('what the Kustomization asks for', () => {
  const mode = (text: string) =>
    restartModeOf({ metadata: { name: 'app', annotations: { 'lockstep.dev/restart': text } } })
  assert.deepEqual([mode('auto'), mode('Annotated'), mode('no')], ['auto', 'annotated', undefined])
  assert.equal(restartModeOf({ metadata: { name: 'app' } }), undefined)
})

test('nothing without being asked; by Kustomization or by workload', () => {
  const all = { web: 'ConfigMap/env,Secret/db' }
  assert.deepEqual(summarize(web() + configs, undefined), {})
  assert.deepEqual(summarize(web() + configs, 'annotated'), {})
  assert.deepEqual(summarize(web() + configs, 'auto'), all)
  assert.deepEqual(summarize(web('lockstep.dev/restart: auto') + configs, undefined), all)
  assert.deepEqual(summarize(web('lockstep.dev/restart: never') + configs, 'auto'), {})
})

test('the object with the annotation', () => {
  const [object, ...rest] = read(web('', ', annotations: {mine: kept}') + configs)
  const { objects } = withChecksums(
    [object!, ...rest].map(each => ({ object: each })),
    'auto',
    others([]),
  )
  assert.deepEqual(objects[0]?.object, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', annotations: {} },
    spec: {
      template: {
        metadata: {
          labels: { app: 'web' },
          annotations: {
            mine: 'kept',
            'lockstep.dev/config-checksum': 'ConfigMap/env=61f445e754c65502,Secret/db=bdca2514bc5b67dd',
          },
        },
        spec: (object!['spec'] as { template: { spec: JsonObject } }).template.spec,
      },
    },
  })
})

test('only the content counts, and of it only what is read', () => {
  const digests = (text: string) => {
    const objects = read(web('lockstep.dev/restart: auto') + text).map(object => ({ object }))
    return withChecksums(objects, undefined, others([])).checksums[0]
  }
  const before = digests(configs)
  assert.equal(digests(configs.replace('other: x', 'other: y')), before)
  assert.equal(
    digests(configs.replace('stringData: {password: secret, other: x}', 'data: {password: c2VjcmV0}')),
    before,
  )
  assert.equal(digests(configs.replace('name: env,', 'name: env, labels: {a: b},')), before)
  assert.notEqual(digests(configs.replace('password: secret', 'password: changed')), before)
  assert.notEqual(digests(configs.replace('A: "1"', 'A: "1", B: "2"')), before)
})

test('others that are labelled or managed elsewhere count while they are there, and are followed', () => {
  const follows = ['ConfigMap/shop/env', 'Secret/shop/db']
  assert.deepEqual(summarize(web(), 'auto'), { follows })
  assert.deepEqual(summarize(web(), 'auto', configs), { web: 'ConfigMap/env,Secret/db', follows })
  assert.deepEqual(summarize(web(), 'auto', configs.replaceAll('namespace: shop', 'namespace: other')), { follows })
  const once = configs.replace('name: env,', 'name: env, annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent},')
  assert.deepEqual(summarize(web() + once, 'auto'), { web: 'Secret/db', follows: ['ConfigMap/shop/env'] })
})

test('Reloader’s annotations are understood where the Kustomization asks for anything', () => {
  const domain = 'reloader.stakater.com'
  const by = (annotations: string, text = configs) => summarize(web(annotations) + text, 'annotated')
  const marked = (mark: string) => configs.replace('name: env,', `name: env, annotations: {${domain}/${mark}: "true"},`)
  assert.deepEqual(summarize(web(`${domain}/auto: "true"`) + configs, undefined), {})
  assert.deepEqual(by(`${domain}/auto: "true"`), { web: 'ConfigMap/env,Secret/db' })
  assert.deepEqual(by(`configmap.${domain}/auto: "true"`), { web: 'ConfigMap/env' })
  assert.deepEqual(by(`secret.${domain}/auto: "true"`), { web: 'Secret/db' })
  assert.deepEqual(by(`${domain}/auto: "true", secrets.exclude.${domain}/reload: "x,db"`), { web: 'ConfigMap/env' })
  assert.deepEqual(by(`${domain}/auto: "true"`, marked('ignore')), { web: 'Secret/db' })
  assert.deepEqual(by(`${domain}/search: "true"`, marked('match')), { web: 'ConfigMap/env' })
  assert.deepEqual(summarize(web(`${domain}/auto: "false"`) + configs, 'auto'), {})
  assert.deepEqual(summarize(web('', `, annotations: {${domain}/auto: "true"}`) + configs, 'annotated'), {
    web: 'ConfigMap/env,Secret/db',
  })
  const unread = configs.replaceAll('name: db', 'name: db-2')
  assert.deepEqual(by(`secret.${domain}/reload: "db-.*, other"`, unread), {
    web: 'Secret/db-2',
    follows: ['Secret/shop/*', 'Secret/shop/db'],
  })
  assert.deepEqual(by(`secret.${domain}/reload: "d("`), { follows: ['Secret/shop/*'] })
})

test('which configuration made a workload restart', () => {
  const workload = (checksum?: string) =>
    ({
      spec: { template: { metadata: { annotations: checksum === undefined ? {} : { [CHECKSUM]: checksum } } } },
    }) as never
  assert.deepEqual(
    changedConfigs(workload('ConfigMap/a=1,Secret/b=2'), workload('ConfigMap/a=1,Secret/b=3,Secret/c=4')),
    ['Secret/b', 'Secret/c'],
  )
  assert.deepEqual(changedConfigs(workload(), workload('ConfigMap/a=1')), [])
})

test('a digest is that of the bytes, in any order and form, and of no others', () => {
  const text = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 4 })
  const secret = (fields: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...fields })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const encoded = Object.entries(a).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
      const digest = configDigest(secret({ stringData: a }))
      assert.equal(configDigest(secret({ data: Object.fromEntries(encoded.toReversed()) })), digest)
      const same = JSON.stringify(Object.entries(a).toSorted()) === JSON.stringify(Object.entries(b).toSorted())
      assert.equal(configDigest(secret({ stringData: b })) === digest, same)
    }),
  )
})
