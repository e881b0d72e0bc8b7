import { isArray, isObject, type JsonValue } from '../../src/manifest/json.ts'

/** How a value misses an expectation, as one line per place. */
export type Mismatch = readonly string[]

function show(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

/** Items of conditions and of most Kubernetes lists are known by one of these. */
const KEYS = ['type', 'id', 'name'] as const

function itemFor(expected: JsonValue, index: number, actual: readonly JsonValue[]): JsonValue | undefined {
  if (!isObject(expected)) return actual[index]
  const key = KEYS.find(each => typeof expected[each] === 'string' && !String(expected[each]).startsWith('/'))
  if (key === undefined) return actual[index]
  return actual.find(item => isObject(item) && item[key] === expected[key])
}

function matchText(expected: string, actual: JsonValue | undefined, path: string): Mismatch {
  const pattern = /^\/(.*)\/$/s.exec(expected)
  const fits =
    pattern === null
      ? actual === expected
      : typeof actual === 'string' && new RegExp(pattern[1] ?? '', 's').test(actual)
  return fits ? [] : [`${path}: ${show(actual)} instead of ${show(expected)}`]
}

/**
 * Compares a value with what a scenario expects of it. Objects may have more fields than expected; `null` expects a field
 * to be absent; a text between slashes is a regular expression; list items with a type, id or name are found by it, and
 * an empty list expects an empty or absent one.
 */
export function mismatch(expected: JsonValue | undefined, actual: JsonValue | undefined, path = ''): Mismatch {
  if (expected === undefined) return []
  if (expected === null)
    return actual === undefined || actual === null ? [] : [`${path}: ${show(actual)} instead of nothing`]
  if (typeof expected === 'string') return matchText(expected, actual, path)
  if (isArray(expected)) {
    const items = isArray(actual) ? actual : []
    if (expected.length === 0) return items.length === 0 ? [] : [`${path}: ${show(actual)} instead of an empty list`]
    return expected.flatMap((item, index) => mismatch(item, itemFor(item, index, items), `${path}[${index}]`))
  }
  if (!isObject(expected)) return expected === actual ? [] : [`${path}: ${show(actual)} instead of ${show(expected)}`]
  if (!isObject(actual)) return [`${path}: ${show(actual)} instead of ${show(expected)}`]
  return Object.entries(expected).flatMap(([key, value]) => mismatch(value, actual[key], `${path}.${key}`))
}
