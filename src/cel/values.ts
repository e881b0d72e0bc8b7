import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import type { JsonValue } from '../manifest/json.ts'

/**
 * JSON as the evaluator wants it: whole numbers are int (bigint), others double, objects have no prototype so that no
 * inherited name is ever a field.
 */
export function toCel(value: JsonValue | undefined): unknown {
  if (value === undefined) return null
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toCel)
  const result: Record<string, unknown> = Object.create(null)
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) result[key] = toCel(item as JsonValue)
  }
  return result
}

/** A result as JSON: int and uint become numbers where they fit, times and durations text, bytes base64. */
export function fromCel(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (typeof value === 'bigint') return narrow(value)
  if (value instanceof UnsignedInt) return narrow(BigInt(value.toString()))
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Optional) return value.hasValue() ? fromCel(value.value()) : null
  if (value instanceof Date) return value.toISOString().replace(/\.?0*Z$/, 'Z')
  if (value instanceof Duration) return value.toString()
  if (Array.isArray(value)) return value.map(item => fromCel(item) ?? null)
  if (typeof value !== 'object' || value === null) return undefined
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  return Object.fromEntries(entries.map(([key, item]) => [String(key), fromCel(item) ?? null]))
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
