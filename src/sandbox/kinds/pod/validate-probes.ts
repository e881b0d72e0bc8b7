import type { JsonObject } from '../../../manifest/json.ts'
import { child, forbiddenField, invalid, required } from '../../field-error.ts'
import { checkNonNegative, checkOneOf, checkPortNumber, checkPortNumberOrName, type Errors } from '../checks.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt } from '../schema/value.ts'

/** Lifecycle hooks and the three probes of a container. */
export function checkProbes(container: JsonObject, path: string, errors: Errors): void {
  const lifecycle = objectAt(container, 'lifecycle')
  for (const hook of ['postStart', 'preStop'])
    if (has(lifecycle, hook)) checkHandler(objectAt(lifecycle, hook), child(path, 'lifecycle', hook), errors)
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (!has(container, field)) continue
    const here = child(path, field)
    const probe = objectAt(container, field)
    checkHandler(probe, here, errors)
    for (const number of [
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ])
      checkNonNegative(probe, number, here, errors)
    const grace = at(probe, 'terminationGracePeriodSeconds')
    if (typeof grace === 'number' && grace <= 0)
      errors.push(invalid(child(here, 'terminationGracePeriodSeconds'), grace, 'must be greater than 0'))
    const successes = numberAt(probe, 'successThreshold')
    if (field === 'readinessProbe') {
      if (grace !== undefined)
        errors.push(invalid(child(here, 'terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes'))
    } else if (successes !== 1) errors.push(invalid(child(here, 'successThreshold'), successes, 'must be 1'))
  }
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

function checkHandler(handler: JsonObject, path: string, errors: Errors): void {
  const given = handlers.filter(one => has(handler, one))
  if (given.length === 0) errors.push(required(path, 'must specify a handler type'))
  given.forEach((type, index) => {
    const here = child(path, type)
    if (index > 0) errors.push(forbiddenField(here, 'may not specify more than 1 handler type'))
    else if (type === 'exec') {
      if (objectsAt(handler, 'exec', 'command').length === 0) errors.push(required(child(here, 'command')))
    } else if (type === 'httpGet') {
      checkPortNumberOrName(at(handler, 'httpGet', 'port'), child(here, 'port'), errors)
      checkOneOf(textAt(handler, 'httpGet', 'scheme'), ['HTTP', 'HTTPS'], child(here, 'scheme'), errors)
    } else if (type === 'tcpSocket')
      checkPortNumberOrName(at(handler, 'tcpSocket', 'port'), child(here, 'port'), errors)
    else if (type === 'grpc') checkPortNumber(numberAt(handler, 'grpc', 'port'), child(here, 'port'), errors)
  })
}
