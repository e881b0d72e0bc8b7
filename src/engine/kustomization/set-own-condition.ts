import { type ConditionState, findCondition, nextConditions } from '../../api/condition.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { timestamp } from '../../manifest/clock.ts'
import { refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import { writeStatus } from '../status-writer.ts'
import type { OwnCondition } from './own-conditions.ts'
import { KUSTOMIZE_MANAGER } from './report.ts'
import { clip } from './status.ts'

/**
 * Sets one of Lockstep's own conditions, or takes it away where `state` is undefined, and leaves all others as they are.
 * Nothing is written where nothing differs.
 */
export async function setOwnCondition(
  kustomization: Kustomization,
  type: OwnCondition,
  state: Omit<ConditionState, 'type'> | undefined,
  context: EngineContext,
): Promise<void> {
  const known = (context.objects.get(refOf(kustomization)) ?? kustomization) as Kustomization
  if (known.metadata.uid !== kustomization.metadata.uid) return
  const conditions = known.status?.conditions ?? []
  const before = findCondition(conditions, type)
  const states = state === undefined ? [] : [{ type, ...state, message: clip(state.message) }]
  const generation = kustomization.metadata.generation ?? 0
  const [after] = nextConditions(conditions, states, generation, timestamp(context.clock.now()))
  if (before?.status === after?.status && before?.reason === after?.reason && before?.message === after?.message) return
  const others = conditions.filter(each => each !== before)
  const status = { ...known.status, conditions: after === undefined ? others : [...others, after] }
  const written = await writeStatus(context.cluster, known, status, KUSTOMIZE_MANAGER)
  if (written !== undefined) context.objects.written(written)
}
