import type { Kustomization } from '../../api/kustomization.ts'
import { dependenciesOf, type KustomizationKey, keyOf } from './dependencies.ts'

/** The Kustomizations that wait for their source or a dependency. */
export interface WaitingList {
  /** Notes that one waits, for what its spec names now; gives since when, in milliseconds of the clock that `now` is of. */
  add(kustomization: Kustomization, now: number): number
  remove(key: KustomizationKey): void
  /** Who of them depends on this one. */
  dependentsOf(key: KustomizationKey): readonly KustomizationKey[]
}

/** Finds dependents without a look at all that wait: there may be thousands, and every change of a status asks. */
export function createWaitingList(): WaitingList {
  const known = new Map<KustomizationKey, { readonly since: number; readonly on: readonly KustomizationKey[] }>()
  const dependents = new Map<KustomizationKey, Set<KustomizationKey>>()

  function remove(key: KustomizationKey): void {
    for (const dependency of known.get(key)?.on ?? []) {
      const waiting = dependents.get(dependency)
      waiting?.delete(key)
      if (waiting?.size === 0) dependents.delete(dependency)
    }
    known.delete(key)
  }

  return {
    add(kustomization, now) {
      const key = keyOf(kustomization)
      const since = known.get(key)?.since ?? now
      remove(key)
      const on = dependenciesOf(kustomization).map(dependency => dependency.key)
      known.set(key, { since, on })
      for (const dependency of on) {
        const waiting = dependents.get(dependency)
        if (waiting === undefined) dependents.set(dependency, new Set([key]))
        else waiting.add(key)
      }
      return since
    },
    remove,
    dependentsOf: key => [...(dependents.get(key) ?? [])],
  }
}
