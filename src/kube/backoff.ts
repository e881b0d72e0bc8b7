/** A growing delay: `base` milliseconds, doubled at each attempt up to `limit`. */
export interface Backoff {
  readonly base: number
  readonly limit: number
}

/**
 * The delay before the next attempt after `failures` failures (1 is the first): half of it fixed, half random, so that
 * clients that failed together do not come back together. `random` gives numbers in [0, 1).
 */
export function backoffDelay({ base, limit }: Backoff, failures: number, random: () => number = Math.random): number {
  const full = Math.min(limit, base * 2 ** Math.min(Math.max(failures - 1, 0), 40))
  return full / 2 + (full / 2) * random()
}
