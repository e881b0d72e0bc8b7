import type { Artifact } from '../api/artifact.ts'
import type { GitRepository } from '../api/git-repository.ts'
import type { Tree } from '../manifest/tree.ts'
import type { GitCheckout } from '../source/git/git-source.ts'

/** Makes what a source offers of what was fetched: the files that its spec lets through, and their tarball's address. */
export interface Artifacts {
  make(repository: GitRepository, checkout: GitCheckout): Promise<{ readonly tree: Tree; readonly artifact: Artifact }>
}
