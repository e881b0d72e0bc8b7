/** Something that is good until a time, in milliseconds since 1970. */
export interface Expiring<T> {
  readonly value: T
  readonly expires: number
}

/** Keeps what was fetched until shortly before it ends; who asks for the same at the same time shares one fetch. */
export interface ExpiringCache {
  /** What is kept under the key, or what `fetch` gives. A failure is told to all who wait for it, and not kept. */
  get<T>(key: string, fetch: () => Promise<Expiring<T>>): Promise<T>
  /** The part of the cache that is for one purpose alone. */
  within(prefix: string): ExpiringCache
}

/** Renewed this long before the end, or after four fifths of a short life. */
const MARGIN_MS = 5 * 60_000

/** `now` in milliseconds since 1970. A key must always be used for values of one type. */
export function expiringCache(now: () => number): ExpiringCache {
  const entries = new Map<string, Promise<{ readonly value: unknown; readonly renew: number }>>()

  function start<T>(key: string, fetch: () => Promise<Expiring<T>>) {
    const began = now()
    const entry = fetch().then(({ value, expires }) => {
      const margin = Math.min(MARGIN_MS, (expires - began) / 5)
      return { value, renew: expires - margin }
    })
    entries.set(key, entry)
    entry.catch(() => {
      if (entries.get(key) === entry) entries.delete(key)
    })
    return entry
  }

  const cache: ExpiringCache = {
    async get<T>(key: string, fetch: () => Promise<Expiring<T>>) {
      const known = entries.get(key)
      const kept = await (known ?? start(key, fetch))
      if (now() < kept.renew) return kept.value as T
      // Somebody else may have begun to renew it in the meantime.
      const next = entries.get(key)
      return (await (next === undefined || next === known ? start(key, fetch) : next)).value as T
    },
    within: prefix => ({
      get: (key, fetch) => cache.get(`${prefix} ${key}`, fetch),
      within: inner => cache.within(`${prefix} ${inner}`),
    }),
  }
  return cache
}
