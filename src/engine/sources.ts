import type { Artifact } from '../api/artifact.ts'
import type { NodeTree } from '../source/tree/node.ts'

/** Who made a revision, for events and the ledger. */
export interface Authorship {
  readonly sha: string
  readonly author: string
  readonly message: string
}

/** What goes into a source besides a revision of its own. */
export interface Ingredients {
  /** Artifacts of the sources that are laid into it, in the order of the spec. */
  readonly included: readonly Artifact[]
  /** Equal for equal ingredients. */
  readonly key: string
  /** What was verified about it, where the spec demands signatures. */
  readonly verified?: string
}

/** What a source is at. */
export interface SourceState {
  readonly revision: string
  /** The files that the spec of the source lets through. */
  readonly tree: NodeTree
  readonly authorship?: Authorship
  /** What else it was made of: other sources that are laid into it, and the keys that it was verified with. */
  readonly ingredients?: Ingredients
  /** What others can download. Whoever applies the files need not wait until they are packed. */
  readonly artifact?: Promise<Artifact>
  /** It is what the status had at the start, and the remote has not been heard yet: what was applied last may be newer. */
  readonly isRestored?: true
}

/** `Kind/namespace/name`. */
export type SourceKey = string

/** The present state of every source that has one. */
export interface Sources {
  get(key: SourceKey): SourceState | undefined
  set(key: SourceKey, state: SourceState): void
  remove(key: SourceKey): void
}

/**
 * `onChange` is called when a source gets another revision or other content, `onConfirmed` when a restored one turns out to be
 * what the remote has.
 */
export function createSources(onChange: (key: SourceKey) => void, onConfirmed: (key: SourceKey) => void): Sources {
  const states = new Map<SourceKey, SourceState>()
  return {
    get: key => states.get(key),
    set(key, state) {
      const before = states.get(key)
      states.set(key, state)
      if (before?.revision !== state.revision || before.tree.digest !== state.tree.digest) onChange(key)
      else if (before.isRestored && !state.isRestored) onConfirmed(key)
    },
    remove: key => void states.delete(key),
  }
}
