import { formatDuration } from '../../api/duration.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { lastOtherWriter } from '../../plan/report-drift.ts'
import type { EngineContext } from '../context.ts'
import { about } from '../log.ts'
import { APPLY_MANAGER } from './expectations.ts'

/** Tells that somebody changes an object again and again, who that is, and that it is reverted less often from now on. */
export function warnOfFight(
  kustomization: Kustomization,
  object: KubeObject,
  waitMs: number,
  context: EngineContext,
): void {
  const writer = lastOtherWriter(object, APPLY_MANAGER)
  const who = writer === undefined ? 'somebody' : `field manager "${writer}"`
  const message = `${formatRef(refOf(object))} is changed again and again by ${who}; the next revert is in ${formatDuration(Math.ceil(waitMs / 1000) * 1000)} (take the fields out of the source, list them in spec.ignore, or stop the other writer)`
  context.events.kustomize.record(kustomization, { type: 'Warning', reason: 'DriftConflict', message })
  context.log.info(message, about(kustomization))
}
