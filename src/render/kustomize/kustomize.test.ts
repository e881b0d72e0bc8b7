import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryTree } from '../../source/memory-tree.ts'
import { kustomizeBuild } from './kustomize.ts'
import { makeBuildCache } from './memo.ts'

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        image: nginx:1.25
`

const overlay = {
  'base/kustomization.yaml': 'resources:\n- deployment.yaml\n',
  'base/deployment.yaml': deployment,
  'prod/kustomization.yaml': `resources:
- ../base
namePrefix: prod-
images:
- name: nginx
  newTag: "1.26"
patches:
- path: replicas.yaml
`,
  'prod/replicas.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
`,
}

describe('kustomizeBuild', () => {
  it('lays an overlay over a base', async () => {
    const { yaml, diagnostics } = await kustomizeBuild(memoryTree(overlay), 'prod')
    assert.deepEqual(diagnostics, [])
    assert.equal(
      yaml,
      `apiVersion: apps/v1
kind: Deployment
metadata:
  name: prod-web
spec:
  replicas: 3
  template:
    spec:
      containers:
      - image: nginx:1.26
        name: app
`,
    )
  })

  it('renames references to generated objects, whose names carry the hash of their content', async () => {
    const { yaml } = await kustomizeBuild(
      memoryTree({
        'kustomization.yaml': `resources:
- pod.yaml
configMapGenerator:
- name: settings
  literals:
  - color=blue
`,
        'pod.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: app
    envFrom:
    - configMapRef:
        name: settings
`,
      }),
      '',
    )
    assert.equal(
      yaml,
      `apiVersion: v1
data:
  color: blue
kind: ConfigMap
metadata:
  name: settings-747dfcb89d
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - envFrom:
    - configMapRef:
        name: settings-747dfcb89d
    name: app
`,
    )
  })

  it('takes the content of the kustomization from the caller', async () => {
    const { yaml } = await kustomizeBuild(memoryTree({ 'app/deployment.yaml': deployment }), 'app', {
      override: { resources: ['deployment.yaml'], namespace: 'team-a', namePrefix: 'x-' },
    })
    assert.match(yaml, /name: x-web\n {2}namespace: team-a/)
  })

  it('tells where each field comes from', async () => {
    const result = await kustomizeBuild(memoryTree(overlay), 'prod')
    assert.deepEqual(result.explain(0, '/spec/replicas'), [
      { by: 'deployment.yaml', position: { file: 'base/deployment.yaml', line: 6, column: 13 } },
      { by: 'patches[0]', position: { file: 'prod/replicas.yaml', line: 6, column: 13 } },
    ])
    assert.deepEqual(result.explain(0, '/metadata/name'), [
      { by: 'deployment.yaml', position: { file: 'base/deployment.yaml', line: 4, column: 9 } },
      { by: 'namePrefix', position: { file: 'prod/kustomization.yaml', line: 3, column: 13 } },
    ])
  })

  it('tells where fields come from while a step has an annotation twice', async () => {
    const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  annotations:\n    a: b\n    a: c\n'
    const files = { 'kustomization.yaml': 'resources: [m.yaml]\nnamePrefix: x-\n', 'm.yaml': twice }
    const { explain, yaml } = await kustomizeBuild(memoryTree(files), '')
    assert.match(yaml, /annotations:\n {4}a: c\n {2}name: x-m\n/)
    assert.deepEqual(
      explain(0, '/metadata/name').map(({ by }) => by),
      ['m.yaml', 'namePrefix'],
    )
  })

  it('reports all problems at once, with their places and the way to them', async () => {
    const { diagnostics, yaml, errorText } = await kustomizeBuild(
      memoryTree({
        'kustomization.yaml': 'resources:\n- base\n- gone.yaml\npatches:\n- patch: "thisIsNoPatch"\n',
        'base/kustomization.yaml': 'resources:\n- broken.yaml\nnamePrefx: x-\n',
        'base/broken.yaml': 'a: b: c\n',
      }),
      '',
      { rootName: '/repo' },
    )
    assert.equal(yaml, '')
    assert.deepEqual(
      diagnostics.map(({ code, position, hint, trail }) => ({ code, position, hint, trail })),
      [
        {
          code: 'unknown-field',
          position: { file: 'base/kustomization.yaml', line: 3, column: 1 },
          hint: 'did you mean namePrefix?',
          trail: [{ file: 'kustomization.yaml', line: 2, column: 3 }],
        },
        {
          code: 'file-missing',
          position: { file: 'kustomization.yaml', line: 3, column: 3 },
          hint: 'check the path; it is relative to the kustomization',
          trail: undefined,
        },
        {
          code: 'bad-patch',
          position: { file: 'kustomization.yaml', line: 5, column: 3 },
          hint: 'missing Resource metadata',
          trail: undefined,
        },
      ],
    )
    assert.equal(
      errorText,
      `accumulating resources: accumulation err='accumulating resources from 'base': '/repo/base' must resolve to a file': couldn't make target for path '/repo/base': invalid Kustomization: json: unknown field "namePrefx"`,
    )
  })

  it('keeps a label that selectors share one label, whoever builds on the base', async () => {
    const overlays = ['a', 'b', 'c', 'd']
    const replacement = `replacements:
- source: {kind: Deployment, fieldPath: spec.replicas}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [metadata.labels.app]
`
    const files = {
      'base/kustomization.yaml': 'resources: [deployment.yaml]\ncommonLabels: {app: web}\n',
      'base/deployment.yaml': deployment,
      'kustomization.yaml': `resources: [${overlays.join(', ')}]\n`,
      ...Object.fromEntries(
        overlays.map(name => [
          `${name}/kustomization.yaml`,
          `resources: [../base]\nnamePrefix: ${name}-\n${replacement}`,
        ]),
      ),
    }
    const { yaml } = await kustomizeBuild(memoryTree(files), '')
    assert.deepEqual(yaml.match(/app: .*/g), Array(12).fill('app: "1"'))
  })

  it('says what it read, also what it looked for in vain', async () => {
    const tree = memoryTree({ 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': deployment, 'other.yaml': '' })
    const { reads } = await kustomizeBuild(tree, '')
    assert.deepEqual(reads.map(({ path, hash }) => [path, hash !== undefined]).toSorted(), [
      ['Kustomization', false],
      ['a.yaml', true],
      ['kustomization.yaml', true],
      ['kustomization.yml', false],
    ])
  })

  it('uses results of earlier builds where nothing that they read has changed', async () => {
    const cache = makeBuildCache()
    const first = await kustomizeBuild(memoryTree(overlay), 'prod', { cache })
    const touched = memoryTree({ ...overlay, 'README.md': 'new' })
    assert.equal(await kustomizeBuild(touched, 'prod', { cache }), first)
    const changed = memoryTree({ ...overlay, 'base/deployment.yaml': deployment.replace('1.25', '1.24-alpine') })
    const second = await kustomizeBuild(changed, 'prod', { cache })
    assert.notEqual(second, first)
    const edited = memoryTree({ ...overlay, 'base/deployment.yaml': deployment.replace('name: app', 'name: main') })
    assert.match((await kustomizeBuild(edited, 'prod', { cache })).yaml, /name: main/)
  })

  it('makes anew only the objects that a change reaches, by file or by name', async () => {
    const app = (name: string, color: string) => ({
      [`${name}/kustomization.yaml`]: `resources: [deployment.yaml]
namespace: ${name}
configMapGenerator:
- name: settings
  literals: [color=${color}]
`,
      [`${name}/deployment.yaml`]: deployment.replace(
        'image: nginx:1.25',
        'envFrom: [{configMapRef: {name: settings}}]',
      ),
    })
    const files = {
      'kustomization.yaml': 'resources: [a, b, c]\n',
      ...app('a', 'red'),
      ...app('b', 'green'),
      ...app('c', 'blue'),
    }
    const cache = makeBuildCache()
    const first = await kustomizeBuild(memoryTree(files), '', { cache })
    const changed = memoryTree({ ...files, ...app('b', 'white') })
    const second = await kustomizeBuild(changed, '', { cache })
    assert.equal(second.yaml, (await kustomizeBuild(changed, '')).yaml)
    const known = new Set(first.values)
    assert.deepEqual(
      second.values.filter(value => !known.has(value)).map(({ kind, metadata }) => [kind, metadata]),
      [
        ['ConfigMap', { name: 'settings-bbffg7khh5', namespace: 'b' }],
        ['Deployment', { name: 'web', namespace: 'b' }],
      ],
    )
  })

  it('gives overlays of one base the same as each would get alone', async () => {
    const files = {
      ...overlay,
      'kustomization.yaml': 'resources:\n- a\n- b\n- c\n',
      ...Object.fromEntries(
        ['a', 'b', 'c'].map(name => [`${name}/kustomization.yaml`, `resources:\n- ../base\nnamePrefix: ${name}-\n`]),
      ),
    }
    const all = (await kustomizeBuild(memoryTree(files), '')).yaml
    const alone = await Promise.all(
      ['a', 'b', 'c'].map(async name => (await kustomizeBuild(memoryTree(files), name)).yaml),
    )
    assert.equal(all, alone.join('---\n'))
  })

  it('never leaves the tree', async () => {
    const build = async (path: string): Promise<string[]> => {
      const tree = memoryTree({ 'app/kustomization.yaml': `resources:\n- ${path}\n`, 'app/link': { symlink: '/etc' } })
      return (await kustomizeBuild(tree, 'app')).diagnostics.map(({ code }) => code)
    }
    assert.deepEqual(await build('../../../etc/passwd'), ['path-outside-tree'])
    assert.deepEqual(await build('/etc/passwd'), ['path-outside-tree'])
    assert.deepEqual(await build('link'), ['link-outside-tree'])
    assert.deepEqual(await build('../app'), ['cycle'])
    assert.deepEqual(await build('https://github.com/org/repo//base?ref=v1'), ['remote-refused'])
  })

  it('refuses plugins that run programs', async () => {
    const { diagnostics } = await kustomizeBuild(
      memoryTree({
        'kustomization.yaml': `transformers:
- |-
  apiVersion: example.com/v1
  kind: Shell
  metadata:
    name: x
`,
      }),
      '',
    )
    assert.deepEqual(
      diagnostics.map(({ code, message }) => [code, message]),
      [['external-plugin', "external plugins disabled; unable to load external plugin 'Shell'"]],
    )
  })
})

describe('remote bases', () => {
  const tree = memoryTree({
    'kustomization.yaml': 'resources:\n- https://github.com/org/repo//base?ref=v1\n- https://host.example/ns.yaml\n',
  })
  const repository = memoryTree({
    'base/kustomization.yaml': 'resources: [../lib]\nnamePrefix: r-\n',
    'lib/kustomization.yaml': 'resources: [d.yaml]\n',
    'lib/d.yaml': deployment,
  })

  it('come from a fetcher', async () => {
    const asked: string[] = []
    const { yaml, diagnostics } = await kustomizeBuild(tree, '', {
      fetcher: {
        repository: spec => {
          asked.push(`${spec.cloneUrl} ${spec.ref}`)
          return Promise.resolve(repository)
        },
        file: url => {
          asked.push(url)
          return Promise.resolve(Buffer.from('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n'))
        },
      },
    })
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(asked, ['https://github.com/org/repo v1', 'https://host.example/ns.yaml'])
    assert.match(yaml, /name: "n"\n---[\s\S]*name: r-web/)
  })

  it('name what could not be fetched', async () => {
    const failing = {
      repository: () => Promise.reject(new Error('no route')),
      file: () => Promise.reject(new Error('404')),
    }
    const { diagnostics } = await kustomizeBuild(tree, '', { fetcher: failing })
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      [
        'cannot fetch https://github.com/org/repo//base?ref=v1: no route',
        'cannot fetch https://host.example/ns.yaml: 404',
      ],
    )
  })
})
