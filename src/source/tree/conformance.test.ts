import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts'
import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { resolvePath } from '../../manifest/resolve-path.ts'
import { holds, type Tree } from '../../manifest/tree.ts'
import { folderTree } from '../folder-tree.ts'
import { type GitCheckout, openGitSource } from '../git/git-source.ts'
import { type MemoryFile, memoryTree } from '../memory-tree.ts'

type Files = Readonly<Record<string, MemoryFile>>

const files: Files = {
  'a.yaml': 'kind: A\n',
  'a/b.yaml': 'kind: B\n',
  'a-b/c.yaml': 'kind: C\n',
  'a/deep/er/d.yaml': '',
  'a/run.sh': { executable: '#!/bin/sh\n' },
  'a/link': { symlink: 'deep/er' },
  'ünï/🎉.txt': 'party\n',
  'ünï/ﬀ.txt': 'ligature\n',
  binary: Uint8Array.of(0, 255, 10, 13, 128),
}

const folders: string[] = []
let server: GitServer

before(async () => {
  server = await startGitServer()
})

after(async () => {
  await server.close()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-tree-'))
  folders.push(folder)
  return folder
}

async function onDisk(content: Files): Promise<Tree> {
  const folder = await temporary()
  for (const [name, file] of Object.entries(content)) {
    const at = path.join(folder, name)
    await mkdir(path.dirname(at), { recursive: true })
    if (typeof file === 'string' || file instanceof Uint8Array) await writeFile(at, file)
    else if ('symlink' in file) await symlink(file.symlink, at)
    else {
      await writeFile(at, file.executable)
      await chmod(at, 0o755)
    }
  }
  return folderTree(folder)
}

let serial = 0

async function inGit(content: Files): Promise<Tree> {
  const name = `tree-${serial++}`
  const url = await server.create(name)
  await server.commit(name, content as Parameters<GitServer['commit']>[1])
  const source = await openGitSource({ dataDir: await temporary() })
  const checkout = (await source.fetch({ url, ref: { branch: 'main' } })) as GitCheckout
  after(() => source.close())
  return checkout.tree
}

const implementations: Readonly<Record<string, (content: Files) => Promise<Tree>>> = {
  'a tree in memory': async content => memoryTree(content),
  'a folder on disk': onDisk,
  'a commit in Git': inGit,
}

for (const [name, make] of Object.entries(implementations)) {
  describe(name, () => {
    let tree: Tree
    before(async () => {
      tree = await make(files)
    })

    test('lists folders in the order of the bytes of their names', () => {
      assert.deepEqual(
        tree.list('')?.map(entry => `${entry.type} ${entry.name}`),
        ['directory a', 'directory a-b', 'file a.yaml', 'file binary', 'directory ünï'],
      )
      assert.deepEqual(tree.list('a'), [
        { name: 'b.yaml', type: 'file' },
        { name: 'deep', type: 'directory' },
        { name: 'link', type: 'symlink' },
        { name: 'run.sh', type: 'file', executable: true },
      ])
      assert.deepEqual(
        tree.list('ünï')?.map(entry => entry.name),
        ['ﬀ.txt', '🎉.txt'],
      )
    })

    test('knows what is at a path, and what is not', () => {
      assert.deepEqual(tree.entry(''), { name: '', type: 'directory' })
      assert.deepEqual(tree.entry('a/b.yaml'), { name: 'b.yaml', type: 'file' })
      for (const nowhere of ['b', 'a/b.yaml/c', 'a//b.yaml', '../a', 'a/..', './a', 'a/', '/a', 'a/link/d.yaml']) {
        assert.equal(tree.entry(nowhere), undefined, nowhere)
        assert.equal(tree.hashOf(nowhere), undefined, nowhere)
        assert.equal(tree.list(nowhere), undefined, nowhere)
      }
      assert.equal(tree.list('a.yaml'), undefined)
    })

    test('reads bytes, and the target of a link', async () => {
      assert.deepEqual([...(await tree.read('binary'))], [0, 255, 10, 13, 128])
      assert.equal(Buffer.from(await tree.read('ünï/🎉.txt')).toString(), 'party\n')
      assert.equal(Buffer.from(await tree.read('a/link')).toString(), 'deep/er')
      assert.equal((await tree.read('a/deep/er/d.yaml')).byteLength, 0)
    })

    test('a read of what is no file is told as a diagnostic', async () => {
      for (const [at, code] of [
        ['a', 'not-a-file'],
        ['nothing', 'file-missing'],
        ['../../etc/passwd', 'file-missing'],
      ] as const)
        await assert.rejects(
          tree.read(at),
          error => error instanceof DiagnosticError && error.diagnostics[0]?.code === code,
        )
    })

    test('hashes are those of Git', () => {
      assert.equal(tree.hashOf('a.yaml'), '51047503645803f909ff3801d304ffecfd903b12')
      assert.equal(tree.hashOf(''), memoryTree(files).hashOf(''))
      assert.equal(tree.digest, memoryTree(files).digest)
      assert.equal(tree.hashOf('a'), memoryTree(files).hashOf('a'))
    })

    test('what was read holds in the next tree unless it changed', async () => {
      const reads = ['a', 'a.yaml', 'missing'].map(at => ({ path: at, hash: tree.hashOf(at) }))
      assert.ok(holds(reads, await make({ ...files, 'a-b/c.yaml': 'changed' })))
      assert.ok(!holds(reads, await make({ ...files, 'a/deep/er/d.yaml': 'changed' })))
      assert.ok(!holds(reads, await make({ ...files, missing: 'there now' })))
    })

    test('paths resolve through links', async () => {
      const result = await resolvePath(tree, './a/link/d.yaml')
      assert.equal(result.found && result.path, 'a/deep/er/d.yaml')
    })
  })
}

test('a file that changes on disk after the snapshot is an error, not other content', async () => {
  const folder = await temporary()
  await writeFile(path.join(folder, 'a'), '1')
  const tree = await folderTree(folder)
  await writeFile(path.join(folder, 'a'), '2')
  await assert.rejects(tree.read('a'), /a changed on disk/)
})

test('.git and empty folders are no part of a snapshot', async () => {
  const folder = await temporary()
  await mkdir(path.join(folder, '.git'))
  await writeFile(path.join(folder, '.git', 'HEAD'), 'x')
  await mkdir(path.join(folder, 'empty', 'er'), { recursive: true })
  await writeFile(path.join(folder, 'a'), '1')
  assert.deepEqual((await folderTree(folder)).list(''), [{ name: 'a', type: 'file' }])
})
