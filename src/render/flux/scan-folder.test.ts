import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import { memoryTree } from '../../source/memory-tree.ts'
import { scanFolder } from './scan-folder.ts'

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

test('every manifest below the folder is found, folders with a file of their own as folders', async () => {
  const tree = memoryTree({
    'app/b.yaml': configMap('b'),
    'app/a/z.yml': configMap('z'),
    'app/a/notes.txt': 'not: a manifest\n',
    'app/overlay/kustomization.yaml': 'resources: [x.yaml]\n',
    'app/overlay/x.yaml': 'broken: [',
    'app/component.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nmetadata:\n  name: c\n',
    'other/c.yaml': configMap('c'),
  })
  const scan = await scanFolder(tree, 'app')
  assert.deepEqual(scan.resources, ['./a/z.yml', './b.yaml', './overlay'])
  assert.deepEqual(scan.diagnostics, [])
})

test('all broken files are reported together, each at its place', async () => {
  const tree = memoryTree({
    'app/good.yaml': configMap('good'),
    'app/no-kind.yaml': 'apiVersion: v1\nmetadata:\n  name: x\n',
    'app/open.yaml': `${configMap('first')}---\na: [\n`,
  })
  const { diagnostics } = await scanFolder(tree, 'app')
  assert.deepEqual(
    diagnostics.map(each => formatDiagnostic(each).split(' (')[0]),
    ['app/no-kind.yaml:1:1: kind is not set', 'app/open.yaml:7:1: did not find expected node content'],
  )
})
