import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryTree, treeTexts } from '../memory-tree.ts'
import { nodeAt } from '../tree/node.ts'
import { artifactTreeMaker } from './artifact-tree.ts'

const make = artifactTreeMaker()

async function texts(files: Record<string, string>, options: Parameters<typeof make>[1]): Promise<string[]> {
  const tree = await make(memoryTree(files), options)
  assert.ok(!('status' in tree), JSON.stringify(tree))
  return Object.keys(await treeTexts(tree))
}

test('built-in rules, .sourceignore and spec.ignore add up; the last to speak wins', async () => {
  const files = {
    '.github/ci.yaml': '',
    'app/a.yaml': '',
    'app/b.md': '',
    'app/keep.md': '',
    'app/logo.png': '',
    'app/.sourceignore': '*.md\n',
    'docs/x.md': '',
  }
  assert.deepEqual(await texts(files, {}), ['app/.sourceignore', 'app/a.yaml', 'docs/x.md'])
  assert.deepEqual(await texts(files, { ignore: '!app/keep.md\n!*.png\n/docs\n' }), [
    'app/.sourceignore',
    'app/a.yaml',
    'app/keep.md',
    'app/logo.png',
  ])
})

test('a folder in which nothing is left out keeps its hash, and a tree without exclusions is the same tree', async () => {
  const tree = memoryTree({ 'a/x.yaml': '1', 'b/y.yaml': '1', 'b/z.txt': '1' })
  assert.equal(await make(tree, {}), tree)
  const filtered = await make(tree, { ignore: '*.txt' })
  assert.ok(!('status' in filtered))
  assert.equal(nodeAt(filtered.root, 'a'), nodeAt(tree.root, 'a'))
  assert.equal(filtered.hashOf(''), memoryTree({ 'a/x.yaml': '1', 'b/y.yaml': '1' }).hashOf(''))
})

test('sparse checkout takes whole folders and what is in them', async () => {
  const files = { 'apps/a/x': '', 'apps/b/x': '', 'apps-old/x': '', top: '' }
  assert.deepEqual(await texts(files, { sparseCheckout: ['./apps/a', 'apps-old/'] }), ['apps/a/x', 'apps-old/x'])
  assert.deepEqual(await make(memoryTree(files), { sparseCheckout: ['none'] }), {
    status: 'failed',
    reason: 'GitOperationFailed',
    message: "failed to sparse checkout directories : sparse checkout dir 'none' does not exist in repository",
    hint: 'check spec.sparseCheckout against the folders of the commit',
  })
})

test('includes are laid in under their name or where toPath says, over what is there, before rules apply', async () => {
  const other = memoryTree({ 'base/cm.yaml': 'theirs', 'base/x.md': '', top: '' })
  const tree = await make(memoryTree({ 'app/cm.yaml': 'ours', 'app/own.yaml': '' }), {
    ignore: '*.md',
    include: [
      { name: 'other', tree: other, fromPath: './base', toPath: 'app' },
      { name: 'other', tree: other },
    ],
  })
  assert.ok(!('status' in tree))
  assert.deepEqual(await treeTexts(tree), {
    'app/cm.yaml': 'theirs',
    'app/own.yaml': '',
    'other/base/cm.yaml': 'theirs',
    'other/top': '',
  })
})

test('an include that is not there or would leave the tree is a failure', async () => {
  const other = memoryTree({ a: '' })
  for (const paths of [{ fromPath: 'none' }, { toPath: '../up' }, { fromPath: '../up' }]) {
    const result = await make(memoryTree({}), { include: [{ name: 'other', tree: other, ...paths }] })
    assert.ok('status' in result && result.reason === 'CopyFailure', JSON.stringify(paths))
  }
})

test('remembered answers are those of a fresh start', async () => {
  const name = fc.constantFrom('a', 'b', 'c.md', 'd')
  const files = fc.dictionary(
    fc.tuple(name, name).map(([x, y]) => `${x}/f-${y}`),
    fc.constantFrom('1', '2'),
    { maxKeys: 8 },
  )
  const rules = fc.constantFrom('/a\n', '*.md\n!c.md\n', 'f-b\n', '/*\n!/d\n', 'b/\n')
  await fc.assert(
    fc.asyncProperty(files, rules, async (content, ignore) => {
      const [warm, cold] = [
        await make(memoryTree(content), { ignore }),
        await artifactTreeMaker()(memoryTree(content), { ignore }),
      ]
      assert.ok(!('status' in warm) && !('status' in cold))
      assert.equal(warm.digest, cold.digest)
    }),
  )
})
