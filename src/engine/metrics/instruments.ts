import { type Family, formatNumber, type Labels, type Sample } from './format.ts'

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted())
}

/** Something that is counted or measured by labels. */
interface Instrument {
  /** Drops the series with all of these labels, for objects that are gone. */
  forget(labels: Labels): void
  family(): Family
}

export interface Counter extends Instrument {
  add(labels: Labels, by?: number): void
}

export interface Histogram extends Instrument {
  observe(labels: Labels, value: number): void
}

function includes(labels: Labels, part: Labels): boolean {
  return Object.entries(part).every(([name, value]) => labels[name] === value)
}

function forgetIn(series: Map<string, { readonly labels: Labels }>, part: Labels): void {
  for (const [key, { labels }] of series) if (includes(labels, part)) series.delete(key)
}

/** Values that go up, or up and down for a gauge. */
export function createCounter(name: string, help: string, type: 'counter' | 'gauge' = 'counter'): Counter {
  const series = new Map<string, { readonly labels: Labels; value: number }>()
  return {
    add(labels, by = 1) {
      const key = keyOf(labels)
      const known = series.get(key)
      if (known === undefined) series.set(key, { labels, value: by })
      else known.value += by
    },
    forget: part => forgetIn(series, part),
    family: () => ({ name, help, type, samples: [...series.values()] }),
  }
}

interface Distribution {
  readonly labels: Labels
  /** How many values were at most each bound and above the one before. */
  readonly counts: number[]
  sum: number
  count: number
}

/** A distribution of values over buckets; `bounds` are their upper ends, growing, without infinity. */
export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, Distribution>()

  function samplesOf({ labels, counts, sum, count }: Distribution): Sample[] {
    let below = 0
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
      below += counts[index] ?? 0
      return { suffix: '_bucket', labels: { ...labels, le: formatNumber(bound) }, value: below }
    })
    return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }]
  }

  return {
    observe(labels, value) {
      const key = keyOf(labels)
      let known = series.get(key)
      if (known === undefined) {
        known = { labels, counts: new Array(bounds.length + 1).fill(0), sum: 0, count: 0 }
        series.set(key, known)
      }
      const found = bounds.findIndex(bound => value <= bound)
      const index = found < 0 ? bounds.length : found
      known.counts[index] = (known.counts[index] ?? 0) + 1
      known.sum += value
      known.count++
    },
    forget: part => forgetIn(series, part),
    family: () => ({ name, help, type: 'histogram', samples: [...series.values()].flatMap(samplesOf) }),
  }
}
