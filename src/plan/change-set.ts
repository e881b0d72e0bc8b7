import type { Diagnostic, Position } from '../manifest/diagnostic.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import type { Sourced } from '../manifest/rendered.ts'
import type { InventoryEntry } from './inventory.ts'
import type { PatchOperation } from './json-patch.ts'
import type { StageName } from './order.ts'
import type { Owner } from './switches.ts'

/**
 * What is to happen to one object. `conflict`: something else owns it; nothing is done. `recreate`: it is deleted and created
 * again. Everything else as in Flux's events, which say created, configured, unchanged, deleted and skipped.
 */
export type Action = 'create' | 'configure' | 'recreate' | 'unchanged' | 'prune' | 'skip' | 'conflict'

/** Why that is to happen. */
export type Cause =
  /** The object is not on the cluster. */
  | 'absent'
  /** The source asks for something else than was applied last. */
  | 'source-changed'
  /** The cluster holds something else than was applied last. */
  | 'drifted'
  /** The object exists, and our manager owns nothing of it yet. */
  | 'not-owned'
  /** Fields of kubectl or of an older Flux are to be taken over. */
  | 'clean-up'
  /** Nothing is known about the live object: it has to be looked at first. */
  | 'unknown-state'
  /** Most likely as it should be; only the server can tell a default of its own from a field that left the source. */
  | 'unverified'
  /** Everything is as it should be. */
  | 'in-sync'
  /** The object is in the inventory, but no longer in the source. */
  | 'removed-from-source'
  /** Its owner is being deleted. */
  | 'owner-deleted'
  /** A switch on the object: `reconcile: disabled` or `ssa: Ignore`. */
  | 'ignored'
  /** `ssa: IfNotPresent`, and it is present. */
  | 'present'
  /** Somebody undoes our reverts again and again; the next one has to wait. */
  | 'contested'
  /** `prune: disabled`. */
  | 'kept'
  /** It is not as it was applied, and that is only to be told. */
  | 'reported'
  /** The live object does not carry our labels any more. */
  | 'foreign'
  /** Already gone. */
  | 'gone'

/** One field that changes; `before` or `after` is undefined where it is new or goes away. Values of Secrets are stars. */
export interface FieldChange {
  readonly path: string
  readonly before?: PatchOperation['value']
  readonly after?: PatchOperation['value']
  /** The field manager that made a difference which is only told. */
  readonly by?: string
}

/** One object of a change set. */
export interface ChangeEntry {
  readonly ref: ObjectRef
  readonly action: Action
  readonly cause: Cause
  /** What is applied, for create, configure and recreate, and what would be for the others. */
  readonly desired?: KubeObject
  /**
   * `digestOf` the object as the source wants it, to remember once it is applied: the same digest needs no second apply.
   * `desired` can differ from it in ignored fields.
   */
  readonly digest?: string
  /** The fields that change, as far as the live object is known. */
  readonly changes: readonly FieldChange[]
  /** A patch of the live object that goes before the apply. */
  readonly cleanUp?: readonly PatchOperation[]
  /** May be deleted and created again when the server says that a field cannot be changed. */
  readonly force: boolean
  /** Identity, version and content (`contentDigest`) of the live object the plan is made for. */
  readonly live?: { readonly uid: string; readonly resourceVersion: string; readonly content?: string }
  readonly origin?: Position
  /** What gave a field of `desired` its value. */
  readonly explain?: NonNullable<Sourced['explain']>
}

/** Entries that are applied together, in this order; `wait`: the next stage starts when they are Current. */
export interface Stage {
  readonly name: StageName
  readonly wait: boolean
  readonly entries: readonly ChangeEntry[]
}

/** A change as data: printed, drawn, judged, posted, executed and stored by others. */
export interface ChangeSet {
  readonly owner: Owner
  readonly stages: readonly Stage[]
  /** What goes away, in the order of deletion. */
  readonly prune: readonly ChangeEntry[]
  /** What the inventory is when everything has succeeded. */
  readonly inventory: readonly InventoryEntry[]
  /** With an error among them there are no stages and no prune. */
  readonly diagnostics: readonly Diagnostic[]
}

/** All objects of a change set: those that are applied, then those that go away. */
export function entriesOf({ stages, prune }: ChangeSet): readonly ChangeEntry[] {
  return [...stages.flatMap(({ entries }) => entries), ...prune]
}

/** True where executing the set would write nothing and needs to look at nothing. */
export function isQuiet(changes: ChangeSet): boolean {
  return entriesOf(changes).every(({ action }) => action === 'unchanged' || action === 'skip' || action === 'conflict')
}
