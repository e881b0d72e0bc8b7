/**
 * A time moved by up to `percentage` either way, so that many objects do not come due together. `random` is in [0, 1).
 */
export function jitter(ms: number, random: number, percentage = 5): number {
  return ms * (1 + (percentage / 100) * (2 * random - 1))
}
