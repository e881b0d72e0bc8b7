import type { Artifact } from '../api/artifact.ts'
import type { Tree } from '../manifest/tree.ts'

/** Who made a revision, for events and the ledger. */
export interface Authorship {
  readonly sha: string
  readonly author: string
  readonly message: string
}

/** What a source is at. */
export interface SourceState {
  readonly revision: string
  readonly tree: Tree
  readonly artifact: Artifact
  readonly authorship?: Authorship
}

/** `Kind/namespace/name`. */
export type SourceKey = string

/** The present state of every source that has one. */
export interface Sources {
  get(key: SourceKey): SourceState | undefined
  set(key: SourceKey, state: SourceState): void
  remove(key: SourceKey): void
}

/** `onChange` is called when a source gets another revision or other content. */
export function createSources(onChange: (key: SourceKey) => void): Sources {
  const states = new Map<SourceKey, SourceState>()
  return {
    get: key => states.get(key),
    set(key, state) {
      const before = states.get(key)
      states.set(key, state)
      if (before?.revision !== state.revision || before.tree.digest !== state.tree.digest) onChange(key)
    },
    remove: key => void states.delete(key),
  }
}
