import type { Diagnostic } from '../manifest/diagnostic.ts'

/** Fewer objects than these come and go as a whole. */
const MANY = 20
/** The part of many objects that is next to nothing. */
const NEXT_TO_NOTHING = 0.1

/**
 * Why a plan is not to be trusted with its deletions: nothing is desired any more, or next to nothing of many objects, which
 * is a moved folder or a broken generator more often than a wish. Objects that only got other names do not count as gone.
 */
export function guardPrune(desired: number, stale: number, owned: number): Diagnostic | undefined {
  if (stale === 0) return undefined
  const hint =
    'nothing was changed; if that is what you want, annotate the Kustomization with lockstep.dev/prune-all: allow'
  if (desired === 0)
    return {
      severity: 'error',
      code: 'empty-source',
      message: `the source has no objects any more, and all ${owned} objects of the inventory would be deleted`,
      hint,
    }
  if (owned < MANY || desired > owned * NEXT_TO_NOTHING) return undefined
  return {
    severity: 'error',
    code: 'shrunken-source',
    message: `the source has ${desired === 1 ? 'a single object' : `${desired} objects`} left, and ${stale} of ${owned} objects of the inventory would be deleted`,
    hint,
  }
}
