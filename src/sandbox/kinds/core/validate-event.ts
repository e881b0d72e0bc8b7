import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { invalid, required } from '../../field-error.ts'
import type { Errors } from '../checks.ts'
import { at, has, numberAt, textAt } from '../schema/value.ts'

/** What every event is checked for. `controller` is how the version that was asked for calls `reportingComponent`. */
export function checkEvent(event: JsonObject, controller: string, errors: Errors): void {
  const namespace = textAt(event, 'metadata', 'namespace')
  const involved = textAt(event, 'involvedObject', 'namespace')
  const elsewhere = () => errors.push(invalid('involvedObject.namespace', involved, 'does not match event.namespace'))
  if (textAt(event, 'eventTime') === '') {
    if (involved === '' ? namespace !== 'default' : involved !== namespace) elsewhere()
    return
  }
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') elsewhere()
  const component = textAt(event, 'reportingComponent')
  if (component === '') errors.push(required(controller))
  for (const problem of qualifiedNameErrors(component)) errors.push(invalid(controller, component, problem))
  for (const field of ['reportingInstance', 'action', 'reason'])
    if (textAt(event, field) === '') errors.push(required(field))
    else checkLength(event, field, 128, errors)
  checkLength(event, 'message', 1024, errors)
}

function checkLength(event: JsonObject, field: string, limit: number, errors: Errors): void {
  if (Buffer.byteLength(textAt(event, field)) > limit)
    errors.push(invalid(field, '', `can have at most ${limit} characters`))
}

/** What a new event of `events.k8s.io/v1` is checked for beside that. */
export function checkNewEvent(event: JsonObject, errors: Errors): void {
  checkSeries(event, errors)
  if (textAt(event, 'eventTime') === '') errors.push(required('eventTime'))
  const type = textAt(event, 'type')
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`))
  const unset = (field: string, isSet: boolean) => {
    if (isSet) errors.push(invalid(field, '', 'needs to be unset'))
  }
  unset('firstTimestamp', has(event, 'firstTimestamp'))
  unset('lastTimestamp', has(event, 'lastTimestamp'))
  unset('count', numberAt(event, 'count') !== 0)
  unset('source', textAt(event, 'source', 'component') !== '' || textAt(event, 'source', 'host') !== '')
}

const fixed = [
  ...['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'reason', 'type'],
  ...['eventTime', 'action', 'related', 'reportingController', 'reportingInstance'],
] as const

/** What a change through `events.k8s.io/v1` is checked for: next to nothing may change. */
export function checkChangedEvent(event: JsonObject, old: JsonObject, errors: Errors): void {
  if (!isDeepStrictEqual(at(event, 'series'), at(old, 'series'))) checkSeries(event, errors)
  for (const field of fixed) {
    const stored = field === 'reportingController' ? 'reportingComponent' : field
    if (!isDeepStrictEqual(at(event, stored), at(old, stored)))
      errors.push(invalid(field, at(event, stored), 'field is immutable'))
  }
}

function checkSeries(event: JsonObject, errors: Errors): void {
  if (!has(event, 'series')) return
  if (numberAt(event, 'series', 'count') < 2) errors.push(invalid('series.count', '', 'should be at least 2'))
  if (textAt(event, 'series', 'lastObservedTime') === '') errors.push(required('series.lastObservedTime'))
}
