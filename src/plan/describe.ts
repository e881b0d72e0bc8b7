import { canonicalJson } from '../manifest/canonical.ts'
import type { JsonValue } from '../manifest/json.ts'
import { formatRef } from '../manifest/object.ts'
import { type Action, type ChangeEntry, type ChangeSet, entriesOf, type FieldChange } from './change-set.ts'

/** Flux's word for what was done to an object, as events and logs have it. */
export type Outcome = 'created' | 'configured' | 'unchanged' | 'deleted' | 'skipped'

const OUTCOMES: Readonly<Record<Action, Outcome>> = {
  create: 'created',
  configure: 'configured',
  recreate: 'created',
  unchanged: 'unchanged',
  prune: 'deleted',
  skip: 'skipped',
  conflict: 'skipped',
}

export function outcomeOf(action: Action): Outcome {
  return OUTCOMES[action]
}

/** `Deployment/shop/web configured`: the line of an object in an event. */
export function describeOutcome(ref: ChangeEntry['ref'], outcome: Outcome): string {
  return `${formatRef(ref)} ${outcome}`
}

/** The text of an event: a line for each object that was created, configured or deleted; empty where none was. */
export function describeOutcomes(
  outcomes: readonly { readonly ref: ChangeEntry['ref']; readonly outcome: Outcome }[],
): string {
  return outcomes
    .filter(({ outcome }) => outcome !== 'unchanged' && outcome !== 'skipped')
    .map(({ ref, outcome }) => describeOutcome(ref, outcome))
    .join('\n')
}

const SIGNS: Readonly<Record<Action, string>> = {
  create: '+',
  configure: '~',
  recreate: '!',
  unchanged: '=',
  prune: '-',
  skip: '.',
  conflict: '?',
}

/** A change set for people: one line per object that changes, and under it one per field. Unchanged objects are left out. */
export function describeChanges(changes: ChangeSet): string {
  return entriesOf(changes)
    .filter(({ action, cause }) => action !== 'unchanged' && cause !== 'gone')
    .map(describeEntry)
    .join('\n')
}

function describeEntry(entry: ChangeEntry): string {
  const head = `${SIGNS[entry.action]} ${formatRef(entry.ref)} ${entry.action} (${entry.cause.replaceAll('-', ' ')})`
  return [head, ...entry.changes.map(describeField)].join('\n')
}

function describeField({ path, before, after }: FieldChange): string {
  if (before === undefined) return `    + ${path}: ${show(after)}`
  return after === undefined ? `    - ${path}: ${show(before)}` : `    ~ ${path}: ${show(before)} -> ${show(after)}`
}

const LONGEST_VALUE = 200

function show(value: JsonValue | undefined): string {
  const text = canonicalJson(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

/** A change set as JSON for machines; objects themselves are left out, so that no Secret is in it. */
export function changesToJson(changes: ChangeSet): JsonValue {
  const entry = ({ ref, action, cause, changes: fields, origin }: ChangeEntry): JsonValue => ({
    object: formatRef(ref),
    group: ref.group,
    version: ref.version,
    kind: ref.kind,
    namespace: ref.namespace,
    name: ref.name,
    action,
    cause,
    changes: fields.map(({ path, before, after }) => ({
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    })),
    ...(origin === undefined ? {} : { origin: { file: origin.file, line: origin.line, column: origin.column } }),
  })
  return {
    owner: { name: changes.owner.name, namespace: changes.owner.namespace },
    stages: changes.stages.map(({ name, entries }) => ({ name, entries: entries.map(entry) })),
    prune: changes.prune.map(entry),
    diagnostics: changes.diagnostics as unknown as JsonValue,
  }
}
