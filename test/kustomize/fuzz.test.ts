import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import type { Tree } from '../../src/manifest/tree.ts'
import { type KustomizeOptions, kustomizeBuild } from '../../src/render/kustomize/kustomize.ts'
import { type MemoryFile, memoryTree } from '../../src/source/memory-tree.ts'
import { mutatedCase, recordedCases } from './mutated-case.ts'
import { randomTree } from './random-tree.ts'

/*
 * No input makes a build hang, leave the tree, or do anything but give diagnostics. `LOCKSTEP_FUZZ_SECONDS` runs each
 * property for so long instead of a fixed number of times.
 */
const seconds = Number(process.env['LOCKSTEP_FUZZ_SECONDS'] ?? '0')
const parameters = (numRuns: number): fc.Parameters<unknown> =>
  seconds === 0
    ? { numRuns, includeErrorInReport: true }
    : { numRuns: Number.POSITIVE_INFINITY, interruptAfterTimeLimit: seconds * 1000, includeErrorInReport: true }

type AnyFiles = Readonly<Record<string, MemoryFile>>

/** A tree that takes clean paths only, which cannot leave it. */
function walled(tree: Tree): Tree {
  const check = (path: string): string => {
    assert.ok(
      path === '' || path.split('/').every(part => part !== '' && part !== '.' && part !== '..'),
      `asked for ${path}`,
    )
    return path
  }
  return {
    ...tree,
    entry: path => tree.entry(check(path)),
    list: path => tree.list(check(path)),
    hashOf: path => tree.hashOf(check(path)),
    read: path => tree.read(check(path)),
  }
}

async function survives(files: AnyFiles, path: string, options: KustomizeOptions = {}): Promise<void> {
  // Builds of trees in memory wait for nothing; the engine frees some memory only between turns of the event loop.
  await setImmediate()
  // The limit is far beyond what such small trees need, so that reaching it means that something grew without end.
  const limits = { milliseconds: 30_000, nodes: 2_000_000 }
  const build = await kustomizeBuild(walled(memoryTree(files)), path, { ...options, limits })
  const { diagnostics, errorText, places, values, yaml } = build
  const failed = diagnostics.some(({ severity }) => severity === 'error')
  assert.equal(errorText !== undefined, failed)
  assert.equal(values.length, places.length)
  assert.equal(yaml === '', values.length === 0)
  if (failed) assert.equal(values.length, 0)
  for (const { code, message, position } of diagnostics) {
    assert.notEqual(message, '')
    assert.notEqual(code, 'limit-time')
    if (position !== undefined) assert.ok(position.line > 0 && position.column > 0, JSON.stringify(position))
  }
  for (const index of values.keys()) assert.ok(build.explain(index, '').length > 0)
}

/** A tree of files that may not go together, which is nobody's concern here. */
function asTree(entries: readonly (readonly [string, MemoryFile])[]): AnyFiles | undefined {
  const files = Object.fromEntries(entries)
  try {
    memoryTree(files)
    return files
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

const place = fc.constantFrom('', 'a/', 'b/', 'a/b/')
const fileName = fc.constantFrom('kustomization.yaml', 'kustomization.yml', 'Kustomization', 'x.yaml', 'y.json', 'l')
const reference = fc.constantFrom(
  ...[
    '.',
    '..',
    '../a',
    '../b',
    '../a/b',
    'b',
    'x.yaml',
    '../x.yaml',
    '../../x.yaml',
    'y.json',
    'l',
    '../l',
    'l/x.yaml',
  ],
  ...[
    '/etc/passwd',
    '../../../etc/passwd',
    '',
    ' ',
    'a..b',
    '//',
    'https://h/x',
    'h//x?ref=y',
    'git@h:o/r',
    'file:///x',
  ],
)
const fieldName = fc.constantFrom(
  ...['resources', 'components', 'bases', 'generators', 'transformers', 'validators', 'crds', 'configurations'],
  ...['patchesStrategicMerge', 'patches', 'patchesJson6902', 'replacements', 'vars', 'configMapGenerator', 'openapi'],
  ...[
    'namePrefix',
    'namespace',
    'labels',
    'commonLabels',
    'images',
    'replicas',
    'sortOptions',
    'buildMetadata',
    'kind',
  ],
  ...['helmCharts', 'helmGlobals', 'generatorOptions', 'secretGenerator', 'apiVersion', 'metadata', 'inventory'],
)
const scalar = fc.oneof(reference, fc.integer(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 6 }))
const { value: anyValue } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          'path',
          'patch',
          'target',
          'kind',
          'name',
          'source',
          'targets',
          'select',
          'fieldPaths',
          'fieldPath',
          'files',
        ],
        ...[
          'options',
          'literals',
          'envs',
          'pairs',
          'fields',
          'create',
          'delimiter',
          'index',
          'objref',
          'fieldref',
          'op',
        ],
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
}))
const kustomization = fc.dictionary(fieldName, anyValue, { maxKeys: 4 }).map(value => JSON.stringify(value))
const object = fc
  .dictionary(fc.constantFrom('spec', 'data', 'metadata', 'kind', 'items', '$patch'), anyValue, { maxKeys: 3 })
  .map(value => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...value }))
const anyContent: fc.Arbitrary<MemoryFile> = fc.oneof(
  { weight: 6, arbitrary: kustomization },
  { weight: 4, arbitrary: object },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  { weight: 1, arbitrary: fc.stringMatching(/^([\s\-:?&*!|>'"%@`{}[\],#a]|<<|\\u){0,40}$/) },
  { weight: 2, arbitrary: reference.filter(text => text !== '').map(symlink => ({ symlink })) },
)

describe('a build survives', () => {
  it('files that hold anything', async () => {
    const files = fc.array(fc.tuple(place, fileName, anyContent), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        files,
        place,
        fc.constantFrom('none' as const, 'rootOnly' as const),
        async (entries, at, loadRestrictor) => {
          const tree = asTree(entries.map(([folder, name, content]) => [`${folder}${name}`, content]))
          fc.pre(tree !== undefined)
          await survives(tree, at.replace(/\/$/, ''), { loadRestrictor })
        },
      ),
      parameters(300),
    )
  })

  it('good trees with text put in anywhere', async () => {
    const broken = fc
      .tuple(randomTree, fc.nat(), fc.nat(), fc.string({ maxLength: 6 }))
      .map(([files, file, at, text]) => {
        const names = Object.keys(files)
        const name = names[file % names.length] ?? ''
        const content = files[name] ?? ''
        const start = at % (content.length + 1)
        return { ...files, [name]: content.slice(0, start) + text + content.slice(start + text.length) }
      })
    await fc.assert(
      fc.asyncProperty(broken, files => survives(files, 'overlay')),
      parameters(100),
    )
  })

  const cases = recordedCases()
  it('the cases of the corpus with changes', { skip: cases.length === 0 ? 'no corpus here' : false }, async () => {
    await fc.assert(
      fc.asyncProperty(mutatedCase(cases), ({ files, options, run }) =>
        survives(files, run === '.' ? '' : run, options),
      ),
      parameters(300),
    )
  })
})
