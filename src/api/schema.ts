import type { JsonObject, JsonValue } from '../manifest/json.ts'

/**
 * A field of a kind: its structural OpenAPI schema and, in `T`, the TypeScript type of its values.
 * One definition gives the type that the code uses and the CRD that the API server enforces.
 */
export interface Field<T, Optional extends boolean = false> {
  readonly schema: JsonObject
  readonly optional: Optional
  /** Exists for inference only; never set. */
  readonly type?: T
}

/** The TypeScript type of a field's values. */
export type ValueOf<F> = F extends Field<infer T, boolean> ? T : never

type Fields = Readonly<Record<string, Field<unknown, boolean>>>
type OptionalKeys<P extends Fields> = { [K in keyof P]: P[K]['optional'] extends true ? K : never }[keyof P]
type ObjectOf<P extends Fields> = { readonly [K in Exclude<keyof P, OptionalKeys<P>>]: ValueOf<P[K]> } & {
  readonly [K in OptionalKeys<P>]?: ValueOf<P[K]>
}

/** A rule that the API server checks with CEL when the object is written. */
export interface Rule {
  readonly rule: string
  readonly message: string
}

interface Common {
  readonly default?: JsonValue
}

interface StringLimits extends Common {
  readonly pattern?: string
  readonly format?: 'date-time'
  readonly minLength?: number
  readonly maxLength?: number
}

export function string(description: string, limits: StringLimits = {}): Field<string> {
  return { schema: { description, ...limits, type: 'string' }, optional: false }
}

/** A string that must be one of the given values. */
export function oneOf<const V extends string>(description: string, values: readonly V[], extra: Common = {}): Field<V> {
  return { schema: { description, ...extra, enum: values, type: 'string' }, optional: false }
}

export function boolean(description: string, extra: Common = {}): Field<boolean> {
  return { schema: { description, ...extra, type: 'boolean' }, optional: false }
}

export function int64(description: string, extra: Common & { readonly minimum?: number } = {}): Field<number> {
  return { schema: { description, ...extra, format: 'int64', type: 'integer' }, optional: false }
}

export function list<F extends Field<unknown>>(
  description: string,
  items: F,
  limits: { readonly maxItems?: number; readonly minItems?: number } = {},
): Field<readonly ValueOf<F>[]> {
  return { schema: { description, ...limits, items: items.schema, type: 'array' }, optional: false }
}

export function map<F extends Field<unknown>>(
  description: string,
  values: F,
): Field<Readonly<Record<string, ValueOf<F>>>> {
  return { schema: { additionalProperties: values.schema, description, type: 'object' }, optional: false }
}

export function object<P extends Fields>(
  description: string,
  properties: P,
  extra: Common & { readonly rules?: readonly Rule[] } = {},
): Field<ObjectOf<P>> {
  const { rules, ...rest } = extra
  const names = Object.keys(properties).toSorted()
  const required = names.filter(name => properties[name]?.optional === false)
  const schema = {
    description,
    ...rest,
    properties: Object.fromEntries(names.map(name => [name, properties[name]?.schema])),
    ...(required.length > 0 && { required }),
    type: 'object',
    ...(rules !== undefined && { 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ message, rule })) }),
  }
  return { schema, optional: false }
}

/** Marks a field that may be absent. */
export function optional<T>(field: Field<T, boolean>): Field<T, true> {
  return { schema: field.schema, optional: true }
}
