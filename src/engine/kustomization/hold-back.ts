import { formatRef, refOf } from '../../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../../plan/change-set.ts'
import type { Work } from './work.ts'

/**
 * Leaves out the reverts that have to wait because two writers fight over the object, whatever the run was started for;
 * each is seen to later. What the source changes is never left out.
 */
export function holdBack(changes: ChangeSet, { kustomization, target, context }: Work): ChangeSet {
  const owner = formatRef(refOf(kustomization))
  const isContested = ({ action, ref, digest }: ChangeEntry) =>
    (action === 'create' || action === 'configure') &&
    target.expectations.digestOf(ref) === digest &&
    context.reverts.delay(ref) > 0

  const stages = changes.stages.map(stage => ({
    ...stage,
    entries: stage.entries.map((entry): ChangeEntry => {
      if (entry.desired === undefined || !isContested(entry)) return entry
      target.verify(owner, entry.desired)
      return { ...entry, action: 'skip', cause: 'contested' }
    }),
  }))
  return { ...changes, stages }
}
