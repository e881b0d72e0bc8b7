/** How soon a key gets its turn: `later` only when nobody waits for `now`. */
export type Lane = 'now' | 'later'

/** Keys in the order of their turns, each once. */
export interface WorkQueue {
  readonly size: number
  /** Appends a key; one that waits in the slower lane moves to the faster one. */
  push(key: string, lane: Lane): void
  /** Takes the next key out. */
  shift(): string | undefined
  remove(key: string): void
  keys(): readonly string[]
}

export function createWorkQueue(): WorkQueue {
  // Sets keep the order of insertion, and give a key back in constant time.
  const now = new Set<string>()
  const later = new Set<string>()

  function remove(key: string): void {
    now.delete(key)
    later.delete(key)
  }

  return {
    get size() {
      return now.size + later.size
    },
    push(key, lane) {
      if (now.has(key)) return
      if (lane === 'later') later.add(key)
      else {
        later.delete(key)
        now.add(key)
      }
    },
    shift() {
      for (const lane of [now, later]) {
        for (const key of lane) {
          lane.delete(key)
          return key
        }
      }
      return undefined
    },
    remove,
    keys: () => [...now, ...later],
  }
}
