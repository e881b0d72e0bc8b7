import type { Position } from '../../manifest/diagnostic.ts'

/** What a problem carries besides its text. */
export interface ProblemDetails {
  /** Stable kebab-case name. */
  readonly code?: string
  readonly position?: Position | undefined
  readonly hint?: string | undefined
  /** True when an earlier problem (a file that is missing) can be what causes this one, which is then not reported. */
  readonly derived?: boolean
}

/**
 * A problem on its way up through the build; never leaves the renderer. `message` grows the prefixes that kustomize puts
 * before it on the way, `cause` stays what was wrong in the first place.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly details: ProblemDetails
  readonly reason: string
  trail: readonly Position[] = []

  constructor(message: string, details: ProblemDetails = {}) {
    super(message)
    this.reason = message
    this.details = details
  }
}

/** Ends the step with a problem. */
export function fail(message: string, details?: ProblemDetails): never {
  throw new Problem(message, details)
}

/** Runs a step; a problem in it gets the prefix `prefix: ` as Go's error wrapping writes it. */
export function prefixed<T>(prefix: string | (() => string), step: () => T): T {
  return rewording(message => `${typeof prefix === 'string' ? prefix : prefix()}: ${message}`, step)
}

const longestText = 100_000

/** A text rewritten, unless it is longer than anybody reads: quoting what is quoted doubles it with every level. */
export function reworded(text: string, reword: (message: string) => string): string {
  return text.length > longestText ? text : reword(text)
}

/** Runs a step; the text of a problem in it is rewritten. */
export function rewording<T>(reword: (message: string) => string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Problem) error.message = reworded(error.message, reword)
    throw error
  }
}
