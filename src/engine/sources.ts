import type { NodeTree } from '../source/tree/node.ts'

/** Who made a revision, for events and the ledger. */
export interface Authorship {
  readonly sha: string
  readonly author: string
  readonly message: string
}

/** What a source is at. */
export interface SourceState {
  readonly revision: string
  /** The files that the spec of the source lets through. */
  readonly tree: NodeTree
  readonly authorship?: Authorship
  /** What was laid into it from other sources; compared, never read. */
  readonly included?: string
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
