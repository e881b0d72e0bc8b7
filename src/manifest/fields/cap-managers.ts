import { union } from './field-set.ts'
import { type Managed, type ManagerId, managerId, seconds } from './managed.ts'

/** Entries of updates that an object keeps; what is older is put together. */
const maxUpdateManagers = 10
const bucketName = 'ancient-changes'

/** Puts the oldest updates of each version into one entry until there are no more than ten entries of updates. */
export function capUpdateManagers(managed: Managed): Managed {
  const updaters = [...managed.sets].filter(([, owned]) => !owned.applied).map(([id]) => id)
  if (updaters.length <= maxUpdateManagers) return managed
  const oldestFirst = updaters.sort(
    (a, b) => seconds(managed.times.get(a)) - seconds(managed.times.get(b)) || (a < b ? -1 : 1),
  )
  const sets = new Map(managed.sets)
  const times = new Map(managed.times)
  const firstOf = new Map<string, ManagerId>()
  let count = updaters.length
  for (const id of oldestFirst) {
    if (count <= maxUpdateManagers) break
    const owned = sets.get(id)!
    const first = firstOf.get(owned.apiVersion)
    if (first === undefined) {
      firstOf.set(owned.apiVersion, id)
      continue
    }
    const bucket = managerId({ manager: bucketName, operation: 'Update', apiVersion: owned.apiVersion })
    const older = sets.get(bucket) ?? sets.get(first)!
    if (!sets.has(bucket)) sets.delete(first)
    sets.set(bucket, { ...owned, set: union(owned.set, older.set) })
    sets.delete(id)
    times.set(bucket, times.get(id))
    count--
  }
  return { sets, times }
}
