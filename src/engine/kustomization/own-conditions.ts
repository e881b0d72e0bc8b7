import { type Condition, findCondition } from '../../api/condition.ts'

/** The conditions that Lockstep has beside those of Flux. They are no part of how a reconciliation went. */
const OWN = ['Drifted', 'Locked'] as const
export type OwnCondition = (typeof OWN)[number]

/** The conditions of a Kustomization that outlive the outcome of a run. */
export function ownConditions(conditions: readonly Condition[] | undefined): readonly Condition[] {
  return OWN.flatMap(type => findCondition(conditions, type) ?? [])
}
