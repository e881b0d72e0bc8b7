import type { JsonValue } from '../manifest/json.ts'
import { formatGroupResource, quote, StatusError } from './status.ts'

/** What can be wrong with a field, after `k8s.io/apimachinery/pkg/util/validation/field`; the key is the cause's reason. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid'

/** One problem of an object: `field` is a path such as `spec.ports[0].name`, `message` is the text after `field: `. */
export interface FieldError {
  readonly type: FieldErrorType
  readonly field: string
  readonly message: string
}

/** How Go prints the refused value: strings quoted, objects and arrays as JSON, the rest plainly. */
function formatValue(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return quote(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const withDetail = (text: string, detail: string) => (detail === '' ? text : `${text}: ${detail}`)

export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: withDetail('Required value', detail) }
}

export function invalid(field: string, value: JsonValue | undefined, detail = ''): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${formatValue(value)}`, detail) }
}

export function typeInvalid(field: string, value: JsonValue | undefined, detail = ''): FieldError {
  return { type: 'FieldValueTypeInvalid', field, message: withDetail(`Invalid value: ${formatValue(value)}`, detail) }
}

export function notSupported(field: string, value: JsonValue | undefined, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`
  return {
    type: 'FieldValueNotSupported',
    field,
    message: withDetail(`Unsupported value: ${formatValue(value)}`, detail),
  }
}

export function forbiddenField(field: string, detail = ''): FieldError {
  return { type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) }
}

export function duplicate(field: string, value: JsonValue | undefined): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${formatValue(value)}` }
}

export function missing(field: string, value: JsonValue | undefined): FieldError {
  return { type: 'FieldValueNotFound', field, message: `Not found: ${formatValue(value)}` }
}

/** Since 1.31 the message no longer repeats the value. `limit` is in bytes. */
export function tooLong(field: string, limit: number): FieldError {
  return { type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${limit} bytes` }
}

export function tooMany(field: string, actual: number, limit: number): FieldError {
  return {
    type: 'FieldValueTooMany',
    field,
    message: `Too many: ${actual}: must have at most ${limit} item${limit === 1 ? '' : 's'}`,
  }
}

/** A child of a path: `child('spec', 'ports', 0, 'name')` is `spec.ports[0].name`; `['key']` is `spec.data[key]`. */
export function child(path: string, ...steps: readonly (string | number | readonly [string])[]): string {
  let result = path
  for (const step of steps) {
    if (typeof step === 'number') result += `[${step}]`
    else if (typeof step === 'object') result += `[${step[0]}]`
    else result = result === '' ? step : `${result}.${step}`
  }
  return result
}

/** The 422 answer for an object with these problems, worded as the server does. */
export function invalidObject(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const lines = [...new Set(errors.map(error => `${error.field}: ${error.message}`))]
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${formatGroupResource({ group: kind.group, resource: kind.kind })} ${quote(name)} is invalid: ${text}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      ...(kind.kind === '' ? {} : { kind: kind.kind }),
      causes: errors.map(({ type, field, message }) => ({ reason: type, message, field })),
    },
  })
}
