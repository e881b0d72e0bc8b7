import budgets from '../budgets.json' with { type: 'json' }

/** What a step may cost at most; `timesFloor` is of bare server-side apply in the same run. */
interface Budget {
  readonly timesFloor?: number
  readonly plusSeconds?: number
  readonly seconds?: number
  /** API requests for each Kustomization. */
  readonly requestsEach?: number
  readonly MiB?: number
}

interface Cost {
  readonly seconds?: number
  readonly floorSeconds?: number | undefined
  readonly requestsEach?: number
  readonly MiB?: number
}

/** The budget of a step and whether it was kept, `budget 0.5 s (kept)`; undefined where it has none. */
export function judgeBudget(step: string, cost: Cost): string | undefined {
  const budget = (budgets as Readonly<Record<string, Budget>>)[step]
  if (budget === undefined) return undefined
  const { seconds = 0, floorSeconds, requestsEach = 0, MiB = 0 } = cost
  if (budget.timesFloor !== undefined) {
    if (floorSeconds === undefined) return undefined
    const limit = budget.timesFloor * floorSeconds + (budget.plusSeconds ?? 0)
    return verdict(`${limit.toFixed(1)} s`, seconds <= limit)
  }
  if (budget.requestsEach !== undefined)
    return verdict(`${budget.requestsEach} each`, requestsEach <= budget.requestsEach)
  if (budget.MiB !== undefined) return verdict(`${budget.MiB} MiB`, MiB <= budget.MiB)
  return budget.seconds === undefined ? undefined : verdict(`${budget.seconds} s`, seconds <= budget.seconds)
}

function verdict(limit: string, isKept: boolean): string {
  return `budget ${limit} (${isKept ? 'kept' : 'missed'})`
}
