/** What a build may use up, and what is left of it. */
interface Meter {
  /** Milliseconds on the clock at which the build ends. */
  readonly deadline: number
  readonly now: () => number
  readonly limits: MeteredLimits
  /** Steps until the clock is looked at again. */
  steps: number
  /** Nodes that may still be copied. */
  nodes: number
}

export interface MeteredLimits {
  /** Wall time of a build in milliseconds. */
  readonly milliseconds: number
  /** Nodes that a build copies: what patches, replacements and bases put into objects. 64 characters count as a node. */
  readonly nodes: number
}

/** The build has used up what it may: it ends at once, unlike with a problem, where it goes on to look for more. */
export class LimitReached extends Error {
  readonly code: 'limit-time' | 'limit-nodes' | 'limit-problems'
  readonly hint: string

  constructor(code: LimitReached['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

const stepsPerLook = 512

// Steps deep inside of a build have no context to carry; a build runs from start to end without waiting, so that there is
// one at a time, and the one before is put back behind it.
let meter: Meter | undefined

/** Runs a build within limits. `now` gives milliseconds of a clock that never goes back. */
export function metered<T>(limits: MeteredLimits, deadline: number, now: () => number, step: () => T): T {
  const before = meter
  meter = { deadline, now, limits, steps: 0, nodes: limits.nodes }
  try {
    return step()
  } finally {
    meter = before
  }
}

/** A clock that never goes back, in milliseconds; `performance` would load a dozen modules for its first answer. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Counts steps of work; ends the build where its time is over. */
export function spendSteps(count = 1): void {
  if (meter === undefined) return
  meter.steps -= count
  if (meter.steps >= 0) return
  meter.steps = stepsPerLook
  if (meter.now() >= meter.deadline) throw timeIsUp(meter.limits, '')
}

/** Counts nodes that are made of others; ends the build where there are too many. */
export function spendNodes(count = 1): void {
  if (meter === undefined) return
  meter.nodes -= count
  if (meter.nodes < 0)
    throw new LimitReached(
      'limit-nodes',
      `the build copies more than ${meter.limits.nodes} nodes`,
      'look for patches or replacements that copy an object into itself; split the build if the size is meant',
    )
}

/** Counts text that is put together from other text. */
export function spendText(length: number): void {
  spendNodes(Math.ceil(length / 64))
}

/** The limit of time; `waiting` says what did not come. */
export function timeIsUp({ milliseconds }: MeteredLimits, waiting: string): LimitReached {
  const what = waiting === '' ? 'the build takes' : `${waiting} takes`
  return new LimitReached(
    'limit-time',
    `${what} longer than ${milliseconds / 1000} s`,
    waiting === '' ? 'split the build, or raise the limit of time' : 'look whether it can be reached, or copy it here',
  )
}
