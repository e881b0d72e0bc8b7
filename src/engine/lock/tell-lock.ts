import type { Condition, ConditionState } from '../../api/condition.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import { writerOf } from '../../plan/report-drift.ts'
import type { EngineContext } from '../context.ts'

/** The condition `Locked` as it is to be. */
export type LockState = Omit<ConditionState, 'type'>

/** What happened to a lock: the reason of its event, and the kind of its fact. */
interface LockNews {
  readonly reason: string
  readonly kind: string
  readonly type: 'Normal' | 'Warning'
}

function newsOf(before: Condition | undefined, after: LockState | undefined): LockNews | undefined {
  if (before?.reason === after?.reason && before?.message === after?.message) return undefined
  if (after === undefined) return { reason: 'Unlocked', kind: 'lock.removed', type: 'Normal' }
  if (after.status === 'False') return { reason: 'LockFailed', kind: 'lock.failed', type: 'Warning' }
  if (after.reason === 'BreakGlass') return { reason: 'BreakGlassOpened', kind: 'lock.opened', type: 'Warning' }
  if (before?.reason === 'BreakGlass') return { reason: 'BreakGlassClosed', kind: 'lock.closed', type: 'Normal' }
  return { reason: 'Locked', kind: 'lock.set', type: 'Normal' }
}

/** Tells of a change of a Kustomization's lock: an event on it, and a fact that names the field manager that asked for it. */
export function tellLock(
  kustomization: Kustomization,
  before: Condition | undefined,
  after: LockState | undefined,
  context: EngineContext,
): void {
  const news = newsOf(before, after)
  if (news === undefined) return
  const { kind, reason, type } = news
  const message = after?.message ?? 'manual changes are no longer looked at'
  const asked = kind === 'lock.opened' ? 'break-glass' : 'lock'
  const actor = writerOf(kustomization, `/metadata/annotations/lockstep.dev~1${asked}`, '')
  context.events.kustomize.record(kustomization, { type, reason, message })
  context.ledger.append([
    {
      kind,
      at: new Date(context.clock.now()).toISOString(),
      cluster: context.settings.clusterName,
      subject: formatRef(refOf(kustomization)),
      outcome: after?.status === 'False' ? 'failed' : 'ok',
      message,
      ...(actor !== undefined && { actor }),
    },
  ])
}
