import { RE2JS } from 're2js'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { fieldOf } from '../../manifest/schema/schema.ts'
import { equal } from '../equal.ts'
import {
  child,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../field-error.ts'
import { hasFormat } from './formats.ts'
import type { JsonSchema } from './json-schema.ts'

/**
 * Problems of a value under a schema, in the words of the API server. `old` is the value before the change, where there is
 * one: what was wrong before and is unchanged may stay (ratcheting).
 */
export function schemaErrors(schema: JsonSchema, value: JsonValue, old?: JsonValue, path = ''): readonly FieldError[] {
  const errors: FieldError[] = []
  check(schema, value, old, path, errors)
  return errors
}

function check(
  schema: JsonSchema,
  value: JsonValue,
  old: JsonValue | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (old !== undefined && equal(value, old)) return
  if (!checkType(schema, value, path, errors)) return
  if (value === null) return
  if (typeof value === 'string') checkString(schema, value, path, errors)
  else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(schema, value, path, errors)
  else if (Array.isArray(value)) checkList(schema, value, old, path, errors)
  else if (isObject(value)) checkMap(schema, value, old, path, errors)
  if (schema.enum !== undefined && !schema.enum.some(one => equal(one, value)))
    errors.push(
      notSupported(
        path,
        value,
        schema.enum.map(one => (typeof one === 'string' ? one : JSON.stringify(one))),
      ),
    )
  checkCombinations(schema, value, path, errors)
}

function checkType(schema: JsonSchema, value: JsonValue, path: string, errors: FieldError[]): boolean {
  const fail = (type: string, found: string) => {
    errors.push(
      typeInvalid(
        path,
        found,
        `${path}${path === '' ? '' : ' '}in body must be of type ${type}: ${JSON.stringify(found)}`,
      ),
    )
    return false
  }
  const found = typeOf(value)
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (found === 'string' || found === 'integer' || (found === 'null' && schema.nullable === true)) return true
    return fail('integer,string', found)
  }
  const { type } = schema
  if (type === undefined || type === '') return true
  if (found === 'null') return schema.nullable === true || type === 'null' ? true : fail(type, found)
  if (type === found || (type === 'number' && found === 'integer')) return true
  return fail(type, found)
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'bigint') return 'integer'
  return typeof value
}

function body(path: string, text: string): string {
  return `${path} in body ${text}`
}

function checkString(schema: JsonSchema, value: string, path: string, errors: FieldError[]): void {
  const length = [...value].length
  // The first rule that is broken is told, not the rest.
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength))
  else if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(invalid(path, value, body(path, `should be at least ${schema.minLength} chars long`)))
  else if (schema.pattern !== undefined && !matchesPattern(schema, value))
    errors.push(invalid(path, value, body(path, `should match '${schema.pattern}'`)))
  if (schema.format !== undefined && schema.format !== '' && !hasFormat(schema.format, value))
    errors.push(typeInvalid(path, value, body(path, `must be of type ${schema.format}: ${JSON.stringify(value)}`)))
}

/** Patterns by the schema that has them; compiled once. */
const compiled = new WeakMap<JsonSchema, { readonly regex: RE2JS | undefined }>()

function matchesPattern(schema: JsonSchema, value: string): boolean {
  const known = compiled.get(schema) ?? { regex: compilePattern(schema.pattern ?? '') }
  compiled.set(schema, known)
  return known.regex?.matcher(value).find() ?? false
}

/** A pattern in Go's syntax; undefined when it is none. */
function compilePattern(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern)
  } catch {
    return undefined
  }
}

function checkNumber(schema: JsonSchema, value: number | bigint, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf } = schema
  const fail = (text: string) => errors.push(invalid(path, value, body(path, text)))
  if (multipleOf !== undefined && multipleOf > 0) {
    const ratio = Number(value) / multipleOf
    if (Math.abs(ratio - Math.round(ratio)) > 1e-9) fail(`should be a multiple of ${multipleOf}`)
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)
      fail(
        schema.exclusiveMaximum === true
          ? `should be less than ${maximum}`
          : `should be less than or equal to ${maximum}`,
      )
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)
      fail(
        schema.exclusiveMinimum === true
          ? `should be greater than ${minimum}`
          : `should be greater than or equal to ${minimum}`,
      )
  }
  const limits = schema.format === 'int32' ? 2 ** 31 : undefined
  if (limits !== undefined && Number.isInteger(Number(value)) && (value >= limits || value < -limits))
    fail(`should be a valid ${schema.format}`)
}

function checkList(
  schema: JsonSchema,
  value: readonly JsonValue[],
  old: JsonValue | undefined,
  path: string,
  errors: FieldError[],
): void {
  const { items, maxItems, minItems } = schema
  if (items !== undefined)
    value.forEach((item, index) => {
      check(items, item, correlated(schema, item, index, old), `${path}[${index}]`, errors)
    })
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems))
  if (minItems !== undefined && value.length < minItems)
    errors.push(invalid(path, value.length, body(path, `should have at least ${minItems} items`)))
  if (
    schema.uniqueItems === true &&
    value.some((item, index) => value.slice(index + 1).some(other => equal(item, other)))
  )
    errors.push(invalid(path, value, body(path, "shouldn't contain duplicates")))
}

/** The item that a list item was before: by keys in list maps; other lists cannot tell. */
export function correlated(
  schema: JsonSchema,
  item: JsonValue,
  _index: number,
  old: JsonValue | undefined,
): JsonValue | undefined {
  if (!Array.isArray(old)) return undefined
  if (schema['x-kubernetes-list-type'] !== 'map' || !isObject(item)) return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return old.find(one => isObject(one) && keys.every(key => equal(one[key], item[key])))
}

function checkMap(
  schema: JsonSchema,
  value: JsonObject,
  old: JsonValue | undefined,
  path: string,
  errors: FieldError[],
): void {
  const before = isObject(old) ? old : {}
  for (const key of Object.keys(value).sort()) {
    const item = value[key]
    const field = fieldOf(schema, key)
    if (item === undefined || field === undefined) continue
    check(field, item, before[key], pathTo(path, key), errors)
  }
  for (const key of schema.required ?? []) if (value[key] === undefined) errors.push(required(pathTo(path, key)))
  const count = Object.keys(value).length
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    errors.push(tooMany(path, count, schema.maxProperties))
  if (schema.minProperties !== undefined && count < schema.minProperties)
    errors.push(invalid(path, count, body(path, `should have at least ${schema.minProperties} properties`)))
}

/** Fields are joined by dots, whatever their names are. */
function pathTo(path: string, key: string): string {
  return child(path, key)
}

function checkCombinations(schema: JsonSchema, value: JsonValue, path: string, errors: FieldError[]): void {
  const passes = (one: JsonSchema) => schemaErrors(one, value, undefined, path).length === 0
  const label = path === '' ? '' : path
  for (const one of schema.allOf ?? []) check(one, value, undefined, path, errors)
  if (schema.anyOf !== undefined && !schema.anyOf.some(passes)) {
    errors.push(invalid(path, '', `${quoted(label)} must validate at least one schema (anyOf)`))
    const first = schema.anyOf[0]
    if (first !== undefined) check(first, value, undefined, path, errors)
  }
  if (schema.oneOf !== undefined) {
    const count = schema.oneOf.filter(passes).length
    if (count !== 1)
      errors.push(
        invalid(
          path,
          '',
          `${quoted(label)} must validate one and only one schema (oneOf). ${count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`}`,
        ),
      )
  }
  if (schema.not !== undefined && passes(schema.not))
    errors.push(invalid(path, '', `${quoted(label)} must not validate the schema (not)`))
}

function quoted(label: string): string {
  return JSON.stringify(label)
}
