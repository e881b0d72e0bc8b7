/** A time moved by up to 5 % either way, so that many objects do not come due together. `random` is in [0, 1). */
export function jitter(ms: number, random: number): number {
  return ms * (0.95 + 0.1 * random)
}
