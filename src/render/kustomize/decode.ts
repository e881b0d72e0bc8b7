import { compareText } from '../../manifest/compare-text.ts'
import { goQuote } from '../../manifest/go-text.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { formatFloatG } from './go-text.ts'
import { fail } from './problem.ts'

/**
 * Reads untyped values into typed ones by Go's `encoding/json` rules, which decide what kustomize accepts: field names in
 * any case, null as absent, no conversion between types.
 */
export type Decoder<T> = (value: JsonValue | undefined, path: DecodePath) => T

/** Where the value stands: the Go type and the field names, as errors call them. */
export interface DecodePath {
  readonly struct: string
  readonly fields: readonly string[]
  /** Unknown fields are a problem. */
  readonly strict: boolean
  /** Numbers and booleans become text where text is wanted, as `sigs.k8s.io/yaml` reads into structs. */
  readonly lenient?: boolean
}

type Decoders<T> = { readonly [K in keyof T]-?: Decoder<T[K]> }

function typeName(value: JsonValue): string {
  if (isArray(value)) return 'array'
  if (isObject(value)) return 'object'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'bigint' ? 'number' : typeof value
}

function mismatch(value: JsonValue, path: DecodePath, goType: string): never {
  const field = `${path.struct}.${path.fields.join('.')}`
  const what = path.fields.length === 0 ? `Go value of type ${goType}` : `Go struct field ${field} of type ${goType}`
  return fail(`json: cannot unmarshal ${typeName(value)} into ${what}`, {
    code: 'wrong-field-type',
    hint: goType === 'string' && typeof value !== 'object' ? `put ${String(value)} in quotes` : undefined,
  })
}

/** Text of a Go type with another name than `string`. */
export const textOf =
  (goType: string): Decoder<string> =>
  (value, path) =>
    value === undefined || value === null || typeof value === 'string' ? (value ?? '') : mismatch(value, path, goType)

export const text: Decoder<string> = (value, path) => {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (path.lenient !== true || typeof value === 'object') return mismatch(value, path, 'string')
  return typeof value === 'number' && !Number.isInteger(value) ? formatFloatG(value) : String(value)
}

export const optionalText: Decoder<string | undefined> = (value, path) =>
  value === undefined || value === null ? undefined : text(value, path)

export const flag: Decoder<boolean> = (value, path) => {
  if (value === undefined || value === null) return false
  return typeof value === 'boolean' ? value : mismatch(value, path, 'bool')
}

/** An integer of a Go type. */
export const integerOf =
  (goType: string): Decoder<number> =>
  (value, path) => {
    if (value === undefined || value === null) return 0
    if (typeof value === 'bigint') return Number(value)
    if (typeof value !== 'number') return mismatch(value, path, goType)
    return Number.isInteger(value)
      ? value
      : fail(
          `json: cannot unmarshal number ${value} into Go struct field ${path.struct}.${path.fields.join('.')} of type ${goType}`,
        )
  }

export const integer = integerOf('int')

/** A list; undefined where the field is absent or null. */
export function listOf<T>(item: Decoder<T>, goType = '[]string'): Decoder<readonly T[] | undefined> {
  return (value, path) => {
    if (value === undefined || value === null) return undefined
    if (!isArray(value)) return mismatch(value, path, goType)
    return value.map(entry => item(entry, path))
  }
}

/** A map of strings; undefined where the field is absent or null. */
export const textMap: Decoder<ReadonlyMap<string, string> | undefined> = (value, path) => {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return mismatch(value, path, 'map[string]string')
  return new Map(Object.entries(value).map(([key, entry]) => [key, text(entry, path)]))
}

export const anyObject: Decoder<JsonObject | undefined> = (value, path) => {
  if (value === undefined || value === null) return undefined
  return isObject(value) ? value : mismatch(value, path, 'map[string]interface {}')
}

/** Go structs that are embedded in others count as part of the path in errors: field, embedding structs. */
export type Embedded = Readonly<Record<string, string>>

/** A struct; absent and null give one with empty fields. Fields are read in the order of their names. */
export function struct<T extends object>(goType: string, decoders: Decoders<T>, embedded: Embedded = {}): Decoder<T> {
  const names = Object.keys(decoders) as (keyof T & string)[]
  const byLowerCase = new Map(names.map(name => [name.toLowerCase(), name]))
  const structName = goType.slice(goType.indexOf('.') + 1)
  return (value, path) => {
    if (value !== undefined && value !== null && !isObject(value)) return mismatch(value, path, goType)
    const object = isObject(value) ? value : {}
    const result = {} as T
    const read = (name: keyof T & string, entry: JsonValue | undefined): void => {
      const around = embedded[name]
      const fields = [...path.fields, ...(around === undefined ? [] : [around]), name]
      // Fields of embedded structs are not converted; the original looks at the embedding struct only.
      const lenient = path.lenient === true && around === undefined
      result[name] = decoders[name](entry, { ...path, struct: structName, fields, lenient })
    }
    for (const key of Object.keys(object).toSorted(compareText)) {
      const name = Object.hasOwn(decoders, key) ? (key as keyof T & string) : byLowerCase.get(key.toLowerCase())
      if (name !== undefined) read(name, object[key])
      else if (path.strict) unknownField(key, names)
    }
    for (const name of names) if (!Object.hasOwn(result, name)) read(name, undefined)
    return result
  }
}

/** Like `struct`, but undefined where the field is absent or null. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : decoder(value, path))
}

function unknownField(name: string, known: readonly string[]): never {
  const near = nearestName(name, known)
  fail(`json: unknown field ${goQuote(name)}`, {
    code: 'unknown-field',
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  })
}

/** The known name that takes the fewest edits, if it is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? limit
}
