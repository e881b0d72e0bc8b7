import type { JsonValue } from '../json.ts'

/**
 * The value of a text that is JSON, starts with `{` and is not deeper than `maxDepth`; undefined for anything else. Integers
 * beyond 2^53 become bigint up to int64.
 */
export function parseJson(input: string | Uint8Array, maxDepth: number): JsonValue | undefined {
  const first = typeof input === 'string' ? input.charCodeAt(0) : input[0]
  if (first !== 123) return undefined
  try {
    const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input)
    const value = (/\d{16}/.test(text) ? JSON.parse(text, exactInteger as Reviver) : JSON.parse(text)) as JsonValue
    return isDeeper(value, maxDepth) ? undefined : value
  } catch {
    return undefined
  }
}

type Reviver = (key: string, value: unknown) => unknown

/** Keeps integers that a double cannot hold. */
function exactInteger(_key: string, value: JsonValue, context?: { readonly source?: string }): JsonValue {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  if (source === undefined || !/^-?\d+$/.test(source)) return value
  const exact = BigInt(source)
  return exact <= 9223372036854775807n && exact >= -9223372036854775808n ? exact : value
}

function isDeeper(value: JsonValue | undefined, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  for (const member of Object.values(value)) if (isDeeper(member, depth - 1)) return true
  return false
}
