import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { compareQuantities, parseQuantity } from '../../../manifest/quantity.ts'
import { child, duplicate, forbiddenField, invalid, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import type { Errors } from '../checks.ts'
import { column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { checkResourceName } from '../pod/validate-resources.ts'
import { has, labelsAt, objectAt, objectsAt, textAt, withMissing } from '../schema/value.ts'

const limitTypes: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim']

/** `v1` LimitRange. */
export const limitRange: Kind = defineKind({
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  columns: [
    nameColumn,
    column('Created At', object => textAt(object, 'metadata', 'creationTimestamp'), { type: 'date' }),
  ],
  validate(object, errors) {
    const seen = new Set<string>()
    objectsAt(object, 'spec', 'limits').forEach((limit, index) => {
      const path = child('spec.limits', index)
      const type = textAt(limit, 'type')
      checkType(type, child(path, 'type'), errors)
      if (seen.has(type)) errors.push(duplicate(child(path, 'type'), type))
      seen.add(type)
      checkLimit(limit, type, path, errors)
    })
  },
  defaults: {
    'core/v1.LimitRangeItem': item => {
      if (textAt(item, 'type') !== 'Container') return item
      const limits = withMissing(objectAt(item, 'default'), objectAt(item, 'max'))
      const requests = withMissing(withMissing(objectAt(item, 'defaultRequest'), limits), objectAt(item, 'min'))
      return { ...item, default: limits, defaultRequest: requests }
    },
  },
})

function checkType(type: string, path: string, errors: Errors): void {
  const problems = qualifiedNameErrors(type)
  for (const problem of problems) errors.push(invalid(path, type, problem))
  if (problems.length === 0 && !type.includes('/') && !limitTypes.includes(type))
    errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'))
}

type Bound = 'min' | 'max' | 'default' | 'defaultRequest'

function checkLimit(limit: JsonObject, type: string, path: string, errors: Errors): void {
  if (type === 'Pod')
    for (const field of ['default', 'defaultRequest'])
      if (Object.keys(labelsAt(limit, field)).length > 0)
        errors.push(forbiddenField(child(path, field), "may not be specified when `type` is 'Pod'"))
  if (type === 'PersistentVolumeClaim' && !has(limit, 'min', 'storage') && !has(limit, 'max', 'storage'))
    errors.push(
      required(child(path, 'limits'), 'either minimum or maximum storage value is required, but neither was provided'),
    )
  const fields = ['max', 'min', ...(type === 'Pod' ? [] : ['default', 'defaultRequest']), 'maxLimitRequestRatio']
  const names = new Set<string>()
  for (const field of fields)
    for (const name of Object.keys(labelsAt(limit, field))) {
      if (type === 'Pod' || type === 'Container') checkResourceName(name, child(path, field, [name]), errors)
      names.add(name)
    }
  for (const name of [...names].sort()) checkOrder(limit, name, type === 'Pod', path, errors)
}

/** That min ≤ default request ≤ default ≤ max, pair by pair in the order of the server. */
function checkOrder(limit: JsonObject, name: string, isPod: boolean, path: string, errors: Errors): void {
  const text = (bound: string) => textAt(limit, bound, name)
  const above = (low: Bound, high: Bound): boolean => {
    if (isPod && (low.startsWith('default') || high.startsWith('default'))) return false
    const [a, b] = [parseQuantity(text(low)), parseQuantity(text(high))]
    return typeof a !== 'string' && typeof b !== 'string' && compareQuantities(a, b) > 0
  }
  const refuse = (field: Bound, shown: Bound, problem: string) =>
    errors.push(invalid(child(path, field, [name]), text(shown), problem))
  if (above('min', 'max')) refuse('min', 'min', `min value ${text('min')} is greater than max value ${text('max')}`)
  const request = text('defaultRequest')
  if (above('min', 'defaultRequest'))
    refuse(
      'defaultRequest',
      'defaultRequest',
      `min value ${text('min')} is greater than default request value ${request}`,
    )
  if (above('defaultRequest', 'max'))
    refuse(
      'defaultRequest',
      'defaultRequest',
      `default request value ${request} is greater than max value ${text('max')}`,
    )
  if (above('defaultRequest', 'default'))
    refuse(
      'defaultRequest',
      'defaultRequest',
      `default request value ${request} is greater than default limit value ${text('default')}`,
    )
  if (above('min', 'default'))
    refuse('default', 'min', `min value ${text('min')} is greater than default value ${text('default')}`)
  if (above('default', 'max'))
    refuse('default', 'max', `default value ${text('default')} is greater than max value ${text('max')}`)
  const ratio = parseQuantity(text('maxLimitRequestRatio'))
  const one = parseQuantity('1')
  if (typeof ratio === 'string' || typeof one === 'string') return
  if (compareQuantities(ratio, one) < 0)
    errors.push(
      invalid(
        child(path, 'maxLimitRequestRatio', [name]),
        text('maxLimitRequestRatio'),
        `ratio ${text('maxLimitRequestRatio')} is less than 1`,
      ),
    )
}
