import path from 'node:path'
import { compareText } from '../../manifest/compare-text.ts'
import { DiagnosticError } from '../../manifest/diagnostic.ts'
import type { Tree, TreeEntry } from '../../manifest/tree.ts'

// Importing the module would load its promises and streams with it, which takes a tenth of a small build.
const { lstatSync, readdirSync, readFileSync, readlinkSync } = process.getBuiltinModule('node:fs')

/**
 * The disk from a folder down, looked at when asked, so that a build reads no more than it needs. For one build only: what
 * changes on disk meanwhile shows. Hashes tell no more than that something is there: nobody compares one such tree to another.
 */
export function diskTree(root: string): Tree {
  const at = (file: string) => path.join(root, ...file.split('/'))

  function entry(file: string): TreeEntry | undefined {
    const stats = lstatSync(at(file), { throwIfNoEntry: false })
    const name = path.posix.basename(file)
    if (stats === undefined) return undefined
    if (stats.isDirectory()) return { name, type: 'directory' }
    if (stats.isSymbolicLink()) return { name, type: 'symlink' }
    return stats.isFile() ? { name, type: 'file', executable: (stats.mode & 0o100) !== 0 } : undefined
  }

  function list(folder: string): readonly TreeEntry[] | undefined {
    if (entry(folder)?.type !== 'directory') return undefined
    return readdirSync(at(folder))
      .filter(name => name !== '.git')
      .toSorted(compareText)
      .flatMap(name => entry(folder === '' ? name : `${folder}/${name}`) ?? [])
  }

  return {
    revision: 'working-tree',
    digest: 'working-tree',
    entry: guarded(entry),
    list: guarded(list),
    hashOf: guarded(file => entry(file)?.type),
    async read(file) {
      try {
        return entry(file)?.type === 'symlink' ? Buffer.from(readlinkSync(at(file))) : readFileSync(at(file))
      } catch (error) {
        const { message } = error as Error
        throw new DiagnosticError([
          { severity: 'error', code: 'file-unreadable', message, hint: 'check the path and its permissions' },
        ])
      }
    },
  }
}

/** What nobody may look at, and a file used as a folder, count as not there. */
function guarded<T>(look: (file: string) => T | undefined): (file: string) => T | undefined {
  return file => {
    try {
      return look(file)
    } catch {
      return undefined
    }
  }
}
