import { isArray, isObject, type JsonValue } from './json.ts'
import { own } from './own.ts'

/** True where two values are the same JSON; the order of keys does not matter, and an integer is the same as a bigint. */
export function sameValue(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a === null || b === null) return false
  if (typeof a !== 'object' || typeof b !== 'object') {
    // biome-ignore lint/suspicious/noDoubleEquals: compares a bigint with a number
    return isNumber(a) && isNumber(b) && a == b
  }
  if (isArray(a)) {
    if (!isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false
    return true
  }
  if (!isObject(a) || !isObject(b)) return false
  let left = 0
  for (const key in a) {
    if (a[key] === undefined) continue
    left++
    if (!sameValue(a[key], own(b, key))) return false
  }
  let right = 0
  for (const key in b) if (b[key] !== undefined) right++
  return left === right
}

function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
