import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Diagnostic } from '../../manifest/diagnostic.ts'
import { type MemoryFile, memoryTree } from '../../source/memory-tree.ts'
import { type KustomizeOptions, kustomizeBuild } from './kustomize.ts'

type Files = Readonly<Record<string, MemoryFile>>

const configMap = (name: string, text = 'x'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  text: ${text}\n`
const maps = (count: number): string => Array.from({ length: count }, (_, i) => configMap(`m${i}`)).join('---\n')
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

async function problemsOf(files: Files, options: KustomizeOptions = {}, path = ''): Promise<readonly Diagnostic[]> {
  const { diagnostics, yaml } = await kustomizeBuild(memoryTree(files), path, options)
  assert.equal(yaml, '', 'a build that reaches a limit gives nothing')
  return diagnostics
}

/** The code of each problem, where it is told, and that there is something to do. */
const places = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ code, hint, position }) => {
    assert.ok(hint, `${code} says what to do`)
    return `${position?.file}:${position?.line}:${position?.column} ${code}`
  })

const few: KustomizeOptions = { limits: { nodes: 100_000 } }

/** A clock on which every look takes a second. */
function slowClock(): () => number {
  let now = 0
  return () => {
    now += 1000
    return now
  }
}

describe('a build ends with an error that names the entry', () => {
  it('at its number of objects', async () => {
    const files = {
      'kustomization.yaml': 'resources:\n- few.yaml\n- many.yaml\n',
      'few.yaml': maps(3),
      'many.yaml': '',
    }
    const more = { ...files, 'many.yaml': configMap('one-more') }
    assert.deepEqual(places(await problemsOf(more, { limits: { objects: 3 } })), [
      'kustomization.yaml:3:3 limit-objects',
    ])
  })

  it('at its number of files, and of their bytes', async () => {
    const files = {
      'kustomization.yaml': 'resources:\n- a.yaml\n- b.yaml\n',
      'a.yaml': maps(1),
      'b.yaml': configMap('b'),
    }
    const [problem, ...others] = await problemsOf(files, { limits: { files: 2 } })
    assert.deepEqual(others, [])
    assert.match(problem?.message ?? '', /^\/b\.yaml is not read: .* limit for the number of files$/)
    assert.deepEqual(places(await problemsOf(files, { limits: { bytes: 120 } })), [
      'kustomization.yaml:3:3 limit-bytes',
    ])
  })

  it('at the depth of its kustomizations', async () => {
    const files = Object.fromEntries(
      numbers(9).map(i => [`k${i}/kustomization.yaml`, `resources:\n- ${i === 8 ? 'cm.yaml' : `../k${i + 1}`}\n`]),
    )
    const diagnostics = await problemsOf({ ...files, 'k8/cm.yaml': maps(1) }, { limits: { depth: 4 } }, 'k0')
    assert.deepEqual(places(diagnostics), ['k4/kustomization.yaml:2:3 limit-depth'])
    assert.deepEqual(
      diagnostics[0]?.trail?.map(({ file }) => file),
      [
        'k0/kustomization.yaml',
        'k1/kustomization.yaml',
        'k2/kustomization.yaml',
        'k3/kustomization.yaml',
        'k4/kustomization.yaml',
      ],
    )
  })

  it('at aliases that multiply', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (const i of numbers(11)) lines.push(`a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)
    const bomb = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n${lines.join('\n')}\n`
    const [problem] = await problemsOf({ 'kustomization.yaml': 'resources: [b.yaml]\n', 'b.yaml': bomb })
    assert.deepEqual([problem?.code, problem?.position?.file], ['yaml-budget', 'b.yaml'])
    const inFile = await problemsOf({
      'kustomization.yaml': `configMapGenerator:\n- name: x\nx:\n  ${lines.join('\n  ')}\n`,
    })
    assert.deepEqual(places(inFile), ['kustomization.yaml:4:21 yaml-value'])
  })

  it('at replacements and operations that copy an object into itself', async () => {
    const replacements = numbers(60).map(
      i => `- source: {kind: Tree, fieldPath: spec}
  targets:
  - select: {kind: Tree}
    fieldPaths: [spec.c${i}]
    options: {create: true}`,
    )
    const tree = 'apiVersion: example.com/v1\nkind: Tree\nmetadata:\n  name: t\nspec:\n  leaf: x\n'
    const grown = {
      'kustomization.yaml': `resources: [t.yaml]\nreplacements:\n${replacements.join('\n')}\n`,
      't.yaml': tree,
    }
    assert.deepEqual(places(await problemsOf(grown, few)), ['kustomization.yaml:3:1 limit-nodes'])

    const copies = numbers(60).map(i => `- {op: copy, from: /spec, path: /spec/c${i}}`)
    const patched = {
      'kustomization.yaml': `resources: [t.yaml]\npatches:\n- target: {kind: Tree}\n  patch: "${copies.join('\\n')}"\n`,
      't.yaml': tree,
    }
    assert.deepEqual(places(await problemsOf(patched, few)), ['kustomization.yaml:3:3 limit-nodes'])
  })

  it('at text that doubles', async () => {
    const double = `- source: {kind: ConfigMap, fieldPath: data.text}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: [data.text]
    options: {delimiter: '|', index: -1}
`
    const files = {
      'kustomization.yaml': `resources: [c.yaml]\nreplacements:\n${double.repeat(80)}`,
      'c.yaml': configMap('c'),
    }
    assert.deepEqual(places(await problemsOf(files, few)), ['kustomization.yaml:3:1 limit-nodes'])
  })

  it('at plugins that name themselves or one another', async () => {
    const files = {
      'kustomization.yaml': 'transformers: [a.yaml]\ngenerators: [b.yaml]\n',
      'a.yaml': 'transformers: [a.yaml, b.yaml]\n',
      'b.yaml': 'transformers: [a.yaml, ./b.yaml]\n',
    }
    assert.deepEqual(places(await problemsOf(files)), ['b.yaml:1:1 no-resource', 'a.yaml:1:1 no-resource'])
  })

  it('at content that is too deep', async () => {
    const deep = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d\ndata: ${'['.repeat(9000)}${']'.repeat(9000)}\n`
    const json = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"j"},"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    const files = { 'kustomization.yaml': 'resources:\n- d.yaml\n- j.json\n', 'd.yaml': deep, 'j.json': json }
    const diagnostics = await problemsOf(files)
    assert.ok(diagnostics.some(({ position }) => position?.file === 'j.json' || position?.line === 3))
  })

  it('when its time is over, and says so once', async () => {
    const patch = `- target: {kind: ConfigMap}\n  patch: '[{"op": "add", "path": "/data/more", "value": "y"}]'\n`
    const files = {
      'kustomization.yaml': `resources: [all.yaml]\npatches:\n${patch.repeat(20)}`,
      'all.yaml': maps(500),
    }
    const diagnostics = await problemsOf(files, { now: slowClock(), limits: { milliseconds: 10_000 } })
    assert.deepEqual(
      diagnostics.map(({ code, hint, message }) => ({ code, hint, message })),
      [
        {
          code: 'limit-time',
          hint: 'split the build, or raise the limit of time',
          message: 'the build takes longer than 10 s',
        },
      ],
    )
    assert.equal(diagnostics[0]?.position?.file, 'kustomization.yaml')
    assert.ok((diagnostics[0]?.position?.line ?? 0) >= 3)
  })

  it('when components multiply without an object', async () => {
    const component = (next: number): string =>
      `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../c${next}a, ../c${next}b]\n`
    const files: Record<string, string> = { 'kustomization.yaml': 'components: [c0a, c0b]\n' }
    for (const i of numbers(40))
      for (const side of ['a', 'b']) files[`c${i}${side}/kustomization.yaml`] = component(i + 1)
    for (const side of ['a', 'b'])
      files[`c40${side}/kustomization.yaml`] =
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n'
    const diagnostics = await problemsOf(files, { now: slowClock(), limits: { milliseconds: 20_000 } })
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['limit-time'],
    )
  })

  it('when a server does not answer in time', async () => {
    const silent = { repository: () => new Promise<never>(() => {}), file: () => new Promise<never>(() => {}) }
    const files = { 'kustomization.yaml': 'resources:\n- https://host.example/a.yaml\n- https://host.example/r.git\n' }
    const diagnostics = await problemsOf(files, { fetcher: silent, limits: { milliseconds: 30 } })
    assert.deepEqual(places(diagnostics), ['kustomization.yaml:2:3 limit-time', 'kustomization.yaml:3:3 limit-time'])
    assert.equal(diagnostics[0]?.message, 'https://host.example/a.yaml takes longer than 0.03 s')
  })

  it('with patterns that other engines take ages for', async () => {
    const name = `${'a'.repeat(200)}b`
    const patch = (pattern: string): string =>
      `resources: [c.yaml]\npatches:\n- target: {name: '${pattern}'}\n  patch: '[{"op": "add", "path": "/data/hit", "value": "y"}]'\n`
    for (const pattern of ['(a+)+', '(a|aa)+', '(.*a){12}', '([a-z]+)*c'])
      assert.deepEqual(
        (await kustomizeBuild(memoryTree({ 'kustomization.yaml': patch(pattern), 'c.yaml': configMap(name) }), ''))
          .diagnostics,
        [],
      )
    const [problem] = await problemsOf({ 'kustomization.yaml': patch('(?=a)'), 'c.yaml': configMap(name) })
    assert.deepEqual([problem?.code, problem?.position?.line], ['bad-regular-expression', 3])
  })
})

describe('a build stays in its tree', () => {
  const cases: readonly (readonly [what: string, files: Files, expected: string])[] = [
    [
      'a cycle',
      { 'app/kustomization.yaml': 'resources:\n- ../b\n', 'b/kustomization.yaml': 'resources:\n- ../app\n' },
      'b/kustomization.yaml:2:3 cycle',
    ],
    ['itself', { 'app/kustomization.yaml': 'resources:\n- .\n' }, 'app/kustomization.yaml:2:3 cycle'],
    [
      'a path out of it',
      { 'app/kustomization.yaml': 'resources:\n- ../../etc/passwd\n' },
      'app/kustomization.yaml:2:3 path-outside-tree',
    ],
    [
      'an absolute path',
      { 'app/kustomization.yaml': 'resources:\n- /etc/passwd\n' },
      'app/kustomization.yaml:2:3 path-outside-tree',
    ],
    [
      'a symlink out of it',
      { 'app/kustomization.yaml': 'resources:\n- l\n', 'app/l': { symlink: '../../etc/passwd' } },
      'app/kustomization.yaml:2:3 link-outside-tree',
    ],
    [
      'an absolute symlink',
      { 'app/kustomization.yaml': 'resources:\n- l\n', 'app/l': { symlink: '/etc/passwd' } },
      'app/kustomization.yaml:2:3 link-outside-tree',
    ],
    [
      'symlinks in a circle',
      { 'app/kustomization.yaml': 'resources:\n- l\n', 'app/l': { symlink: 'm' }, 'app/m': { symlink: 'l' } },
      'app/kustomization.yaml:2:3 link-cycle',
    ],
    [
      'a file beside it',
      { 'app/kustomization.yaml': 'resources:\n- ../c.yaml\n', 'c.yaml': maps(1) },
      'app/kustomization.yaml:2:3 path-outside-root',
    ],
    [
      'a symlink to a file beside it',
      { 'app/kustomization.yaml': 'resources:\n- l.yaml\n', 'app/l.yaml': { symlink: '../c.yaml' }, 'c.yaml': maps(1) },
      'app/kustomization.yaml:2:3 path-outside-root',
    ],
    [
      'a patch beside it',
      {
        'app/kustomization.yaml': 'resources:\n- c.yaml\npatches:\n- path: ../p.yaml\n',
        'app/c.yaml': maps(1),
        'p.yaml': maps(1),
      },
      'app/kustomization.yaml:4:3 path-outside-root',
    ],
    [
      'a host without a fetcher',
      { 'app/kustomization.yaml': 'resources:\n- https://github.com/org/repo//base?ref=v1\n' },
      'app/kustomization.yaml:2:3 remote-refused',
    ],
  ]
  for (const [what, files, expected] of cases)
    it(`and refuses ${what}`, async () => assert.deepEqual(places(await problemsOf(files, {}, 'app')), [expected]))
})
