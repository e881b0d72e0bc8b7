import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { objectHash } from '../tree/object-hash.ts'
import { directoryLoader } from './directory-loader.ts'
import type { ObjectReader } from './object-reader.ts'

/** A store of tree objects that were made by hand, and how often each was read. */
function handmade() {
  const objects = new Map<string, Buffer>()
  const reads: string[] = []
  const tree = (...entries: [mode: string, name: string, oid: string][]) => {
    const bytes = Buffer.concat(
      entries.flatMap(([mode, name, oid]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
    )
    const oid = objectHash('tree', bytes)
    objects.set(oid, bytes)
    return oid
  }
  const reader: ObjectReader = {
    async read(oid) {
      reads.push(oid)
      const bytes = objects.get(oid)
      return bytes === undefined ? undefined : { oid, type: 'tree', bytes }
    },
    close() {},
  }
  return { tree, reads, loader: directoryLoader(reader) }
}

const blob = objectHash('blob', Buffer.from('x'))

function diagnosed(code: string) {
  return (error: unknown) => error instanceof DiagnosticError && error.diagnostics[0]?.code === code
}

test('folders that did not change are not read again', async () => {
  const { tree, reads, loader } = handmade()
  const same = tree(['100644', 'a', blob])
  const first = tree(['40000', 'one', same], ['40000', 'two', same])
  const second = tree(['40000', 'one', same], ['100755', 'run', blob])
  const before = await loader.load(first)
  assert.deepEqual(reads, [first, same])
  const after = await loader.load(second)
  assert.deepEqual(reads, [first, same, second])
  assert.equal(after.children.get('one'), before.children.get('two'))
})

test('names that lead out of the folder are refused', async () => {
  for (const name of ['..', '.', '', 'a/b']) {
    const { tree, loader } = handmade()
    await assert.rejects(loader.load(tree(['100644', name, blob])), diagnosed('unsafe-path'), JSON.stringify(name))
  }
})

test('a few objects that stand for a billion files are refused before they are unfolded', async () => {
  const { tree, loader, reads } = handmade()
  let oid = blob
  for (let level = 0; level < 12; level++)
    oid = tree(
      ...Array.from({ length: 10 }, (_, i): [string, string, string] => [
        level === 0 ? '100644' : '40000',
        `f${i}`,
        oid,
      ]),
    )
  await assert.rejects(loader.load(oid), diagnosed('too-many-files'))
  assert.equal(reads.length, 12)
})

test('folders nested without end are refused', async () => {
  const { tree, loader } = handmade()
  let oid = tree(['100644', 'f', blob])
  for (let level = 0; level < 300; level++) oid = tree(['40000', 'd', oid])
  await assert.rejects(loader.load(oid), diagnosed('too-many-files'))
})

test('submodules are empty folders, and known by path and commit', async () => {
  const { tree, loader } = handmade()
  const commit = 'c'.repeat(40)
  const inner = tree(['160000', 'lib', commit])
  const root = await loader.load(tree(['40000', 'vendor', inner]))
  assert.deepEqual(loader.gitlinks(root), [{ path: 'vendor/lib', commit }])
  const vendor = root.children.get('vendor')
  const lib = vendor?.type === 'directory' ? vendor.children.get('lib') : undefined
  assert.equal(lib?.type === 'directory' && lib.children.size, 0)
})
