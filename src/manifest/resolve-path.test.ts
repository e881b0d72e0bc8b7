import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryTree } from '../source/memory-tree.ts'
import { resolvePath } from './resolve-path.ts'

const tree = memoryTree({
  'base/app.yaml': 'a: 1',
  'prod/app.yaml': { symlink: '../base/app.yaml' },
  'prod/shared': { symlink: '../base' },
  'loop/a': { symlink: 'b' },
  'loop/b': { symlink: 'a' },
  'out/up': { symlink: '../../etc/passwd' },
  'out/absolute': { symlink: '/etc/passwd' },
  'out/dangling': { symlink: 'nothing' },
})

async function resolve(path: string, from?: string): Promise<string> {
  const result = await resolvePath(tree, path, from)
  return result.found ? result.path : `${result.reason} at ${result.at}`
}

test('a path without links is cleaned', async () => {
  assert.equal(await resolve('./base//app.yaml'), 'base/app.yaml')
  assert.equal(await resolve('/base/../base/app.yaml'), 'base/app.yaml')
  assert.equal(await resolve('./'), '')
  assert.equal(await resolve('../base', 'prod'), 'base')
})

test('links are followed inside the root, and named', async () => {
  assert.equal(await resolve('prod/app.yaml'), 'base/app.yaml')
  const result = await resolvePath(tree, 'prod/shared/app.yaml')
  assert.deepEqual(result, {
    found: true,
    path: 'base/app.yaml',
    entry: { name: 'app.yaml', type: 'file' },
    symlinks: ['prod/shared'],
  })
})

test('".." after a link counts from where the link leads, as the kernel does it', async () => {
  assert.equal(await resolve('prod/shared/../prod/app.yaml'), 'base/app.yaml')
})

test('nothing leaves the root', async () => {
  assert.equal(await resolve('../x'), 'outside at ')
  assert.equal(await resolve('out/up'), 'outside at ')
  assert.equal(await resolve('out/absolute'), 'outside at out/absolute')
})

test('cycles, dangling links and files used as folders are told apart', async () => {
  assert.match(await resolve('loop/a'), /^cycle at loop\//)
  assert.equal(await resolve('out/dangling'), 'missing at out/nothing')
  assert.equal(await resolve('base/app.yaml/x'), 'not-a-directory at base/app.yaml')
})

test('whatever the links say, the answer is a clean path of the tree or a reason', async () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const target = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.', ''), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.tuple(name, name).map(parts => parts.join('/')),
        target,
        { maxKeys: 6 },
      ),
      target,
      async (links, path) => {
        const files = Object.fromEntries(Object.entries(links).map(([at, to]) => [at, { symlink: to.join('/') }]))
        const random = memoryTree({ ...files, 'd/file': 'x' })
        const result = await resolvePath(random, path.join('/'))
        if (result.found) assert.notEqual(random.entry(result.path)?.type, 'symlink')
      },
    ),
  )
})
