import type { JsonObject } from '../manifest/json.ts'

/**
 * One thing that happened, as the ledger keeps it forever. Times are RFC 3339 in UTC with milliseconds.
 * Secrets never get in here: whoever makes a fact masks it.
 */
export interface Fact {
  /** `source.fetched`, `render.failed`, `object.created`, `drift.reverted`, `reconcile.finished`, … */
  readonly kind: string
  readonly at: string
  readonly cluster: string
  /** Who caused it: a commit's author, a field manager, or `lockstep`. */
  readonly actor?: string
  /** The Kustomization, GitRepository, … on whose behalf: `Kind/namespace/name`. */
  readonly subject: string
  /** The managed object it is about, if one: `Kind/namespace/name`. */
  readonly object?: string
  readonly revision?: string
  readonly outcome?: 'ok' | 'failed' | 'skipped'
  readonly durationMs?: number
  readonly message?: string
  readonly data?: JsonObject
}

/** A fact with its place in the order of events. */
export interface RecordedFact extends Fact {
  readonly sequence: number
}

/** All given conditions must hold; `before` and `after` are sequences, for paging. Newest first. */
export interface FactQuery {
  readonly kind?: string
  readonly cluster?: string
  readonly subject?: string
  readonly object?: string
  readonly revision?: string
  readonly since?: string
  readonly until?: string
  readonly before?: number
  readonly limit?: number
}

/** Append-only history. It is rebuildable: nothing that the engine needs to go on lives only here. */
export interface Ledger {
  append(facts: readonly Fact[]): void
  query(query: FactQuery): Promise<readonly RecordedFact[]>
  close(): Promise<void>
}
