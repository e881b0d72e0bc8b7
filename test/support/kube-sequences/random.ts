/** A stream of choices that the seed determines. */
export interface Random {
  /** From 0 up to and without `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** Some of the list, shuffled. */
  some<T>(from: readonly T[], least?: number): readonly T[]
}

/** mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: probability => next() < probability,
    pick: from => from[below(from.length)]!,
    some: (from, least = 0) => {
      const pool = [...from]
      const count = least + below(pool.length - least + 1)
      return Array.from({ length: count }, () => pool.splice(below(pool.length), 1)[0]!)
    },
  }
}
