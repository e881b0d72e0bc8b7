import { int64, list, object, oneOf, optional, string, type ValueOf } from './schema.ts'

/** A standard Kubernetes condition (`meta/v1`). */
export const condition = object('One aspect of the state of this object.', {
  lastTransitionTime: string('When the status last changed from one value to another.', { format: 'date-time' }),
  message: string('What happened, for people; may be empty.', { maxLength: 32768 }),
  observedGeneration: optional(
    int64('The generation of the object that this condition was made from.', { minimum: 0 }),
  ),
  reason: string('Why the status is what it is, in one word for programs.', {
    maxLength: 1024,
    minLength: 1,
    pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
  }),
  status: oneOf('Whether the condition holds.', ['True', 'False', 'Unknown']),
  type: string('Name of the condition.', {
    maxLength: 316,
    pattern:
      '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
  }),
})

export const conditions = list('The state of this object, aspect by aspect.', condition)

export type Condition = ValueOf<typeof condition>
type ConditionStatus = Condition['status']

/** A condition before it gets its time and generation. */
export interface ConditionState {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
}

export function findCondition(all: readonly Condition[] | undefined, type: string): Condition | undefined {
  return all?.find(each => each.type === type)
}

/** Ready, and for the present generation. */
export function isReady(object: {
  readonly metadata: { readonly generation?: number }
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}): boolean {
  const { metadata, status } = object
  return (
    status?.observedGeneration === metadata.generation && findCondition(status?.conditions, 'Ready')?.status === 'True'
  )
}

/**
 * The order in which the Flux controllers keep conditions: Ready first, then what is going on, then the rest by name.
 * Clients rely on no order; keeping it avoids writes that change nothing.
 */
function rank(type: string): number {
  const order = ['Stalled', 'Reconciling', 'Ready', 'Healthy']
  const at = order.indexOf(type)
  return at < 0 ? order.length : at
}

/**
 * The conditions that follow from the previous ones and what holds now. `lastTransitionTime` moves only where the
 * status did; a condition that is not named is dropped. `now` is RFC 3339 with seconds.
 */
export function nextConditions(
  previous: readonly Condition[] | undefined,
  states: readonly ConditionState[],
  generation: number,
  now: string,
): readonly Condition[] {
  return states
    .map(state => {
      const before = findCondition(previous, state.type)
      const lastTransitionTime = before?.status === state.status ? before.lastTransitionTime : now
      const { message, reason, status, type } = state
      return { lastTransitionTime, message, observedGeneration: generation, reason, status, type }
    })
    .toSorted((a, b) => rank(a.type) - rank(b.type) || (a.type < b.type ? -1 : 1))
}
