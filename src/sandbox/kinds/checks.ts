import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { labelValueErrors, qualifiedNameErrors } from '../../manifest/label-syntax.ts'
import { type LabelSelector, matchesLabels, type Selector, selectorOf } from '../../manifest/selector.ts'
import { child, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from '../field-error.ts'
import { nameErrors } from '../registry/names.ts'
import { has, labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from './schema/value.ts'

/** Collects problems; every check adds its own. */
export type Errors = FieldError[]

const portCharacters = /^[-a-z0-9]+$/

/** What the server finds wrong with a port's name. */
export function portNameErrors(name: string): readonly string[] {
  const errors: string[] = []
  if (name.length > 15) errors.push('must be no more than 15 characters')
  if (!portCharacters.test(name)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)')
  if (name.includes('--')) errors.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

export function checkNonNegative(object: JsonObject, field: string, path: string, errors: Errors): void {
  const value = numberAt(object, field)
  if (value < 0) errors.push(invalid(child(path, field), value, 'must be greater than or equal to 0'))
}

export function checkPortNumber(value: number, path: string, errors: Errors): void {
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    errors.push(invalid(path, value, 'must be between 1 and 65535, inclusive'))
}

/** A port that is a number or the name of one. */
export function checkPortNumberOrName(value: JsonValue | undefined, path: string, errors: Errors): void {
  if (typeof value === 'string') for (const problem of portNameErrors(value)) errors.push(invalid(path, value, problem))
  else checkPortNumber(Number(value ?? 0), path, errors)
}

export function checkLabelName(name: string, path: string, errors: Errors): void {
  if (name === '' || !simpleKey.test(name))
    for (const problem of qualifiedNameErrors(name)) errors.push(invalid(path, name, problem))
}

const simpleKey = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/

/** One DNS-1123 label. */
export function checkDnsLabel(value: string, path: string, errors: Errors): void {
  if (value.length <= 63 && simpleLabel.test(value)) return
  for (const problem of nameErrors('dns1123Label', value)) errors.push(invalid(path, value, problem))
}

const simpleLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** Keys and values of a label map; `path` is the map's. */
export function checkLabels(labels: Readonly<Record<string, string>>, path: string, errors: Errors): void {
  for (const key of Object.keys(labels).sort()) {
    checkLabelName(key, path, errors)
    const value = labels[key] ?? ''
    if (!simpleKey.test(value))
      for (const problem of labelValueErrors(value)) errors.push(invalid(path, value, problem))
  }
}

const annotationLimit = 256 * 1024

export function checkAnnotations(annotations: Readonly<Record<string, string>>, path: string, errors: Errors): void {
  let size = 0
  for (const key in annotations) {
    checkLabelName(key.toLowerCase(), path, errors)
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '')
  }
  if (size > annotationLimit) errors.push(tooLong(path, annotationLimit))
}

/** A `metav1.LabelSelector`; one that is absent has no problems. */
export function checkLabelSelector(selector: JsonObject, path: string, errors: Errors): void {
  checkLabels(labelsAt(selector, 'matchLabels'), child(path, 'matchLabels'), errors)
  objectsAt(selector, 'matchExpressions').forEach((expression, index) => {
    const here = child(path, 'matchExpressions', index)
    const values = textsAt(expression, 'values')
    const operator = textAt(expression, 'operator')
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(child(here, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(
          forbiddenField(child(here, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        )
    } else errors.push(invalid(child(here, 'operator'), operator, 'not a valid selector operator'))
    checkLabelName(textAt(expression, 'key'), child(here, 'key'), errors)
    values.forEach((value, at) => {
      for (const problem of labelValueErrors(value)) errors.push(invalid(child(here, 'values', at), value, problem))
    })
  })
}

/** The selector of a workload, or undefined where it is invalid; an absent one selects nothing. */
export function compiledSelector(selector: JsonValue | undefined): Selector | undefined {
  return selectorOf((selector ?? {}) as unknown as LabelSelector).value
}

/** `spec.selector` of a workload: required, not empty, and matching the template's labels. */
export function checkWorkloadSelector(
  spec: JsonObject,
  path: string,
  what: string,
  problemWithForm: string,
  errors: Errors,
): boolean {
  const selector = has(spec, 'selector') ? objectAt(spec, 'selector') : undefined
  if (selector === undefined) errors.push(required(child(path, 'selector')))
  else {
    checkLabelSelector(selector, child(path, 'selector'), errors)
    if (isEmptySelector(selector))
      errors.push(invalid(child(path, 'selector'), selector, `empty selector is invalid for ${what}`))
  }
  const compiled = compiledSelector(selector)
  if (compiled === undefined) {
    errors.push(invalid(child(path, 'selector'), selector, problemWithForm))
    return false
  }
  checkTemplateLabels(selector, spec, path, errors)
  return true
}

/** That the selector matches the labels that the template's pods will have. */
export function checkTemplateLabels(
  selector: JsonObject | undefined,
  spec: JsonObject,
  path: string,
  errors: Errors,
): void {
  const compiled = compiledSelector(selector)
  const labels = labelsAt(spec, 'template', 'metadata', 'labels')
  if (compiled === undefined || (selector !== undefined && matchesLabels(compiled, labels))) return
  errors.push(
    invalid(
      child(path, 'template', 'metadata', 'labels'),
      sortedLabels(labels),
      '`selector` does not match template `labels`',
    ),
  )
}

/** A label map in the order in which Go prints maps; null where it is empty. */
export function sortedLabels(labels: Readonly<Record<string, string>>): JsonValue {
  const keys = Object.keys(labels).sort()
  return keys.length === 0 ? null : Object.fromEntries(keys.map(key => [key, labels[key] ?? '']))
}

export function isEmptySelector(selector: JsonObject): boolean {
  return Object.keys(labelsAt(selector, 'matchLabels')).length + objectsAt(selector, 'matchExpressions').length === 0
}

/** `spec.selector` and the like: set once. `path` names the field in the message. */
export function checkImmutable(
  value: JsonValue | undefined,
  old: JsonValue | undefined,
  path: string,
  errors: Errors,
): void {
  if (!isDeepStrictEqual(value, old)) errors.push(invalid(path, value, 'field is immutable'))
}

/** One of a few texts. */
export function checkOneOf(value: string, allowed: readonly string[], path: string, errors: Errors): void {
  if (!allowed.includes(value)) errors.push(notSupported(path, value, allowed))
}

/** A number that is not negative, or a percentage. */
export function checkIntOrPercent(value: JsonValue | undefined, path: string, errors: Errors): void {
  if (typeof value === 'string') {
    if (!/^[0-9]+%$/.test(value))
      errors.push(
        invalid(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      )
  } else if (typeof value === 'number' && value < 0)
    errors.push(invalid(path, value, 'must be greater than or equal to 0'))
}

/** A percentage of at most 100. */
export function checkAtMostAll(value: JsonValue | undefined, path: string, errors: Errors): void {
  if (typeof value === 'string' && /^[0-9]+%$/.test(value) && Number.parseInt(value, 10) > 100)
    errors.push(invalid(path, value, 'must not be greater than 100%'))
}

/** The number of an int-or-percent, as validation sees it: a percentage counts as its number. */
export function intOrPercentNumber(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.endsWith('%') ? Number.parseInt(value, 10) || 0 : 0
}

export function checkIp(value: string, path: string, errors: Errors): void {
  if (isIP(value) === 0)
    errors.push(invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
}

/** The keys of a ConfigMap or Secret. */
export function configKeyErrors(key: string): readonly string[] {
  const errors: string[] = []
  if (key.length > 253) errors.push('must be no more than 253 characters')
  if (!/^[-._a-zA-Z0-9]+$/.test(key))
    errors.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    )
  if (key === '.') errors.push("must not be '.'")
  else if (key === '..') errors.push("must not be '..'")
  else if (key.startsWith('..')) errors.push("must not start with '..'")
  return errors
}
