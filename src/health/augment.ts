import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { judge } from './judge.ts'

/**
 * The object with the standard conditions (Reconciling, Stalled) that its verdict calls for merged into
 * `status.conditions`, so that clients which know only those can wait for it. Existing conditions keep their place;
 * `lastTransitionTime` moves only with the status.
 */
export function augment(object: KubeObject, now: Date): KubeObject {
  const time = `${now.toISOString().slice(0, 19)}Z`
  const status = isObject(object['status'] as JsonValue) ? (object['status'] as JsonObject) : {}
  const before = isArray(status['conditions']) ? status['conditions'] : []
  const verdict = judge(object, now)
  const kept = before.map(entry => {
    if (!isObject(entry)) return entry
    const condition = verdict.conditions.find(({ type }) => type === entry['type'])
    if (condition === undefined) return entry
    const moved = entry['status'] === condition.status ? {} : { lastTransitionTime: time }
    return { ...entry, ...moved, ...condition, lastUpdateTime: time }
  })
  const added = verdict.conditions
    .filter(({ type }) => !before.some(entry => isObject(entry) && entry['type'] === type))
    .map(condition => ({ ...condition, lastTransitionTime: time, lastUpdateTime: time }))
  const conditions: readonly JsonValue[] = [...kept, ...added]
  return { ...object, status: { ...status, conditions } }
}
