/**
 * Compares Lockstep's build of a directory with the real kustomize's.
 *
 *     npm run oracle -- DIR [ROOT]
 *
 * ROOT is the folder that files may come from; the directory's own repository or the directory itself otherwise.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { folderTree } from '../../src/source/folder-tree.ts'
import { buildByBinary, buildNatively, kustomizeBinary } from './oracle.ts'

const [dir, given] = process.argv.slice(2)
const binary = kustomizeBinary()
if (dir === undefined || binary === undefined) {
  console.error(dir === undefined ? 'usage: npm run oracle -- DIR [ROOT]' : 'no kustomize in the tools folder')
  process.exit(2)
}

function repositoryOf(folder: string): string | undefined {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) if (existsSync(path.join(at, '.git'))) return at
  return undefined
}

const folder = path.resolve(dir)
const root = path.resolve(given ?? repositoryOf(folder) ?? folder)
const tree = await folderTree(root)
const at = path.relative(root, folder).split(path.sep).join('/')
const [theirs, ours] = await Promise.all([buildByBinary(binary, folder), buildNatively(tree, at, root)])
if (theirs.yaml === ours.yaml && theirs.error === ours.error) {
  console.log(theirs.error === undefined ? `same output, ${ours.yaml.length} bytes` : `same error: ${ours.error}`)
} else {
  const expected = (theirs.error ?? theirs.yaml).split('\n')
  const actual = (ours.error ?? ours.yaml).split('\n')
  const line = expected.findIndex((text, i) => text !== actual[i])
  const shown = (lines: readonly string[]): string => lines.slice(Math.max(0, line - 3), line + 4).join('\n')
  console.log(`line ${line + 1} differs\n--- kustomize\n${shown(expected)}\n--- lockstep\n${shown(actual)}`)
  process.exitCode = 1
}
