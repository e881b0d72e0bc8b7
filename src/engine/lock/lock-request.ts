import type { Kustomization } from '../../api/kustomization.ts'

const MODE = 'lockstep.dev/lock'

/** Opens a lock for a group: `GROUP until TIME: REASON`. */
export const BREAK_GLASS = 'lockstep.dev/break-glass'

const MODES = ['Deny', 'Warn', 'Audit'] as const

/** What becomes of a manual change: it is refused, allowed with a warning, or only noted in the audit log. */
export type LockMode = (typeof MODES)[number]

/** A lock that is open for a group until a time, in milliseconds since 1970. */
export interface BreakGlass {
  readonly group: string
  readonly until: number
  readonly reason: string
}

/** The lock that a Kustomization asks for; `problem` says what of its annotations is ignored. */
export interface LockRequest {
  readonly mode: LockMode
  readonly open?: BreakGlass
  readonly problem?: string
}

function parseBreakGlass(text: string): BreakGlass | undefined {
  const [, group, time = '', reason] = /^(\S+) until (\d{4}-\d\d-\d\dT\S+?): (.*\S)\s*$/.exec(text.trim()) ?? []
  const until = Date.parse(time)
  return group === undefined || reason === undefined || Number.isNaN(until) ? undefined : { group, until, reason }
}

/**
 * Reads the annotations of a Kustomization. Undefined where no lock is asked for; a text where the mode is none. A break-glass
 * that cannot be read, or is over at `now` (milliseconds since 1970), opens nothing.
 */
export function lockRequestOf({ metadata }: Kustomization, now: number): LockRequest | string | undefined {
  const text = metadata.annotations?.[MODE]
  if (text === undefined) return undefined
  const mode = MODES.find(each => each.toLowerCase() === text.toLowerCase())
  if (mode === undefined) return `${MODE}: "${text}" is none of ${MODES.join(', ')}`
  const glass = metadata.annotations?.[BREAK_GLASS]
  if (glass === undefined) return { mode }
  const open = parseBreakGlass(glass)
  if (open === undefined)
    return { mode, problem: `${BREAK_GLASS} is ignored: write it as GROUP until 2026-01-31T18:00:00Z: REASON` }
  return now < open.until ? { mode, open } : { mode }
}

/** Whether a break-glass is open: changes in the cluster are left alone meanwhile. */
export function isOpen(kustomization: Kustomization, now: number): boolean {
  const request = lockRequestOf(kustomization, now)
  return typeof request === 'object' && request.open !== undefined
}
