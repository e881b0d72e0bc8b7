import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryTree } from '../../source/memory-tree.ts'
import { fluxRenderer } from './render.ts'

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\n'
const wrong = { patch: '- op: remove\n  path: /nope\n' }

async function places(files: Readonly<Record<string, string>>, spec: object) {
  const loaded = await fluxRenderer.load(memoryTree(files), { path: 'app', spec: spec as never })
  return loaded.diagnostics.map(({ position }) => position && `${position.file}:${position.line}`)
}

test('what the spec brings into a build is told as a field of the spec, what the file says by its line', async () => {
  const bare = { 'app/cm.yaml': CONFIG_MAP }
  assert.deepEqual(await places(bare, { patches: [wrong] }), ['spec.patches[0]:0'])
  assert.deepEqual(await places(bare, { components: ['../nope'] }), ['spec.components[0]:0'])

  const file =
    'resources:\n- cm.yaml\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    - op: remove\n      path: /nope\n'
  const own = { ...bare, 'app/kustomization.yaml': file }
  assert.deepEqual(await places(own, {}), ['app/kustomization.yaml:4'])
  const fine = file
    .replace('/nope', '/kind')
    .replace('remove', 'test')
    .replace('path: /kind', 'path: /kind\n      value: ConfigMap')
  assert.deepEqual(await places({ ...own, 'app/kustomization.yaml': fine }, { patches: [wrong] }), [
    'spec.patches[0]:0',
  ])
  const missing = 'resources:\n- cm.yaml\n- nope.yaml\n'
  assert.deepEqual(await places({ ...own, 'app/kustomization.yaml': missing }, { namePrefix: 'x-' }), [
    'app/kustomization.yaml:3',
  ])
})
