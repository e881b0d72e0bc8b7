import type { Kustomization } from '../../api/kustomization.ts'
import { refKey, refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import type { LiveChange } from '../live-objects.ts'
import { warnOfFight } from './fight.ts'

interface DriftResponseDeps {
  readonly context: EngineContext
  readonly find: (key: string) => Kustomization | undefined
  /** Runs a Kustomization by its key in the runner. */
  readonly trigger: (owner: string) => void
}

/**
 * What is done about an object that is no longer as its owner (`Kustomization/namespace/name`) applied it: the owner runs at
 * once, and after a while where two writers fight over the object.
 */
export function driftResponse({ context, find, trigger }: DriftResponseDeps) {
  const { clock, reverts } = context
  /** Objects whose next revert has a time already. */
  const postponed = new Set<string>()

  return (owner: string, { object }: LiveChange): void => {
    const kustomization = find(owner.slice(owner.indexOf('/') + 1))
    if (kustomization === undefined || kustomization.spec.suspend === true) return
    const ref = refOf(object)
    const waitMs = reverts.delay(ref)
    const key = refKey(ref)
    if (waitMs === 0) trigger(owner)
    if (waitMs === 0 || postponed.has(key)) return
    postponed.add(key)
    warnOfFight(kustomization, object, waitMs, context)
    clock.after(waitMs, () => {
      postponed.delete(key)
      trigger(owner)
    })
  }
}
