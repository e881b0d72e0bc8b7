import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { built } from '../../../../test/support/kustomize.ts'
import { splitImage } from './images.ts'
import { expand } from './variables.ts'

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: app
        image: registry:5000/team/app:1@sha256:aa
`

const build = (kustomization: string, files: Record<string, string> = { 'web.yaml': web }): Promise<string> =>
  built({
    'kustomization.yaml': `resources:\n${Object.keys(files)
      .map(name => `- ${name}\n`)
      .join('')}${kustomization}`,
    ...files,
  })

describe('labels', () => {
  it('go to metadata only, to templates, or to selectors as well', async () => {
    const pairs = 'labels:\n- pairs:\n    team: a\n'
    assert.equal((await build(pairs)).match(/team: a/g)?.length, 1)
    assert.equal((await build(`${pairs}  includeTemplates: true\n`)).match(/team: a/g)?.length, 2)
    assert.equal((await build(`${pairs}  includeSelectors: true\n`)).match(/team: a/g)?.length, 3)
  })
})

describe('images', () => {
  it('change name, tag and digest', async () => {
    const image = async (fields: string): Promise<string | undefined> =>
      /image: (.*)/.exec(await build(`images:\n- name: registry:5000/team/app\n  ${fields}\n`))?.[1]
    assert.equal(await image('newTag: "2"'), 'registry:5000/team/app:2')
    assert.equal(await image('newName: other'), 'other:1@sha256:aa')
    assert.equal(await image('digest: sha256:bb'), 'registry:5000/team/app@sha256:bb')
    // The original comes by twice where the field is found by both of its ways.
    assert.equal(await image('tagSuffix: -fips'), 'registry:5000/team/app:1-fips-fips')
  })

  it('are split at the tag, not at the port', () => {
    assert.deepEqual(splitImage('host:5000/a'), { name: 'host:5000/a', tag: '', digest: '' })
    assert.deepEqual(splitImage('a:1@sha256:x'), { name: 'a', tag: '1', digest: 'sha256:x' })
    assert.deepEqual(splitImage('a@sha256:x'), { name: 'a', tag: '', digest: 'sha256:x' })
  })
})

describe('namespace', () => {
  it('leaves cluster-scoped objects alone and follows into bindings', async () => {
    const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: bind
subjects:
- kind: ServiceAccount
  name: default
`
    assert.equal(
      await build('namespace: prod\n', { 'binding.yaml': binding }),
      `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: bind
subjects:
- kind: ServiceAccount
  name: default
  namespace: prod
`,
    )
  })

  it('stops where two objects become one', async () => {
    const config = (namespace: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: ${namespace}\n`
    assert.match(
      await build('namespace: prod\n', { 'a.yaml': config('a'), 'b.yaml': config('b') }),
      /^error: namespace transformation produces ID conflict/,
    )
  })
})

describe('replicas', () => {
  it('say when nothing has the name', async () => {
    assert.match(await build('replicas:\n- name: web\n  count: 5\n'), /replicas: 5/)
    assert.equal(
      await build('replicas:\n- name: gone\n  count: 5\n'),
      'error: resource with name gone does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]',
    )
  })
})

describe('replacements', () => {
  const config =
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  host: db.local:5432\n  json: \'{"a": {"b": "x"}}\'\n'
  const replaced = (target: string, source = 'options: {delimiter: ":", index: 0}'): Promise<string> =>
    build(
      `replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.host, ${source}}\n  targets:\n  - select: {kind: Deployment}\n    ${target}\n`,
      { 'web.yaml': web, 'c.yaml': config },
    )

  it('copy a part of a value into a part of another', async () => {
    assert.match(
      await replaced(
        'fieldPaths: ["spec.template.spec.containers.[name=app].image"]\n    options: {delimiter: "/", index: 0}',
      ),
      /image: db\.local\/team\/app:1@sha256:aa/,
    )
  })

  it('make fields where they are asked to', async () => {
    assert.match(
      await replaced('fieldPaths: [metadata.annotations.host]\n    options: {create: true}'),
      /host: db\.local/,
    )
    assert.equal(
      await replaced('fieldPaths: [metadata.annotations.host]'),
      'error: unable to find field "metadata.annotations.host" in replacement target',
    )
  })

  it('reach into JSON that stands in a ConfigMap', async () => {
    const files = { 'c.yaml': config }
    const text =
      'replacements:\n- sourceValue: new\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.json.a.b]\n'
    assert.match(await build(text, files), /json: '\{"a":\{"b":"new"\}\}'/)
  })
})

describe('patches', () => {
  it('select by anchored patterns and labels', async () => {
    const patch = (target: string): Promise<string> =>
      build(
        `patches:\n- target: ${target}\n  patch: |\n    - op: add\n      path: /metadata/annotations/hit\n      value: "yes"\n`,
      )
    assert.match(await patch('{kind: Deploy.*}'), /hit: "yes"/)
    assert.doesNotMatch(await patch('{kind: Deploy}'), /hit/)
    assert.doesNotMatch(await patch('{labelSelector: app=web}'), /hit/)
  })

  it('say which object they miss', async () => {
    assert.equal(
      await build(
        'patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: wbe\n',
      ),
      'error: no resource matches strategic merge patch "Deployment.v1.apps/wbe.[noNs]": no matches for Id Deployment.v1.apps/wbe.[noNs]; failed to find unique target for patch Deployment.v1.apps/wbe.[noNs]',
    )
  })
})

describe('variables', () => {
  it('keep their type where they stand alone', () => {
    const value = (name: string): string | number => (name === 'N' ? 8080 : name === 'S' ? 'text' : `$(${name})`)
    assert.equal(expand('$(N)', value), 8080)
    assert.equal(expand('port $(N)', value), 'port 8080')
    assert.equal(expand('$$(N) $(S) $(X) $x $(open', value), '$(N) text $(X) $x $(open')
  })
})

describe('name references', () => {
  it('follow prefixes through service accounts of bindings, volumes and custom fields', async () => {
    const files = {
      'sa.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: sa\n',
      'binding.yaml':
        'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: b\nsubjects:\n- kind: ServiceAccount\n  name: sa\n',
      'widget.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  account: sa\n',
    }
    const configuration =
      'nameReference:\n- kind: ServiceAccount\n  fieldSpecs:\n  - path: spec/account\n    kind: Widget\n'
    const yaml = await built({
      ...files,
      'kustomization.yaml': `resources: [sa.yaml, binding.yaml, widget.yaml]\nnamePrefix: x-\nconfigurations: [names.yaml]\n`,
      'names.yaml': configuration,
    })
    assert.match(yaml, /subjects:\n- kind: ServiceAccount\n {2}name: x-sa/)
    assert.match(yaml, /account: x-sa/)
  })
})

describe('order', () => {
  const files = {
    'svc.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n',
    'ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n',
  }
  const kinds = async (kustomization: string): Promise<string[]> =>
    [...(await build(kustomization, files)).matchAll(/^kind: (.*)$/gm)].map(match => match[1] ?? '')

  it('is by kind unless it is to be kept', async () => {
    assert.deepEqual(await kinds(''), ['Namespace', 'Service'])
    assert.deepEqual(await kinds('sortOptions:\n  order: fifo\n'), ['Service', 'Namespace'])
    assert.deepEqual(
      await kinds(
        'sortOptions:\n  order: legacy\n  legacySortOptions:\n    orderFirst: [Service]\n    orderLast: []\n',
      ),
      ['Service', 'Namespace'],
    )
  })
})
