/** One entry of a folder. A symlink's text is what `read` returns for it; submodules are empty folders. */
export interface TreeEntry {
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly executable?: boolean
}

/**
 * An immutable folder of files, addressed by content: a Git commit, an OCI artifact, a folder on disk or a map in memory.
 *
 * Paths are relative to the root, use `/`, have no leading `/`, and are already clean (no `.` or `..`); the root is the
 * empty string. Nothing here follows symlinks: whoever resolves paths does (see `resolvePath`).
 */
export interface Tree {
  /** What people see: `main@sha1:…`. */
  readonly revision: string
  /** Same digest, same content. */
  readonly digest: string
  /** Content hash of a file or of a whole directory; undefined where nothing is. Equal hashes mean equal content. */
  hashOf(path: string): string | undefined
  /** The entry at the path itself; undefined where nothing is. */
  entry(path: string): TreeEntry | undefined
  /** Entries of a directory sorted by name; undefined where there is no directory. */
  list(path: string): readonly TreeEntry[] | undefined
  /** The bytes of a file, or the target text of a symlink. Rejects with a `DiagnosticError` where there is no file. */
  read(path: string): Promise<Uint8Array>
}

/** What a result depended on: `hash` is undefined where the path did not exist. A listing depends on the directory's names. */
export interface Read {
  readonly path: string
  readonly hash: string | undefined
}
export type ReadSet = readonly Read[]

/** True when everything in the set has the same content in the tree, so that a result made from it can be used again. */
export function holds(reads: ReadSet, tree: Tree): boolean {
  return reads.every(read => tree.hashOf(read.path) === read.hash)
}
