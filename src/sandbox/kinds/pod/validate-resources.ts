import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { compareQuantities, parseQuantity, quantityMilliValue } from '../../../manifest/quantity.ts'
import { child, invalid, required } from '../../field-error.ts'
import type { Errors } from '../checks.ts'
import { labelsAt } from '../schema/value.ts'

const standardResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage'])
const known: ReadonlySet<string> = new Set([
  ...standardResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
  'requests.storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.loadbalancers',
  'services.nodeports',
])

/** Requests and limits: names, amounts, and no request above its limit. */
export function checkResources(resources: JsonObject, path: string, errors: Errors): void {
  const limits = labelsAt(resources, 'limits')
  const requests = labelsAt(resources, 'requests')
  for (const [name, text] of Object.entries(limits)) checkResource(name, text, child(path, 'limits', [name]), errors)
  for (const [name, text] of Object.entries(requests)) {
    checkResource(name, text, child(path, 'requests', [name]), errors)
    const limit = limits[name]
    const most = limit === undefined ? undefined : parseQuantity(limit)
    const wanted = parseQuantity(text)
    if (typeof wanted === 'string' || typeof most === 'string') continue
    const overcommit = !name.startsWith('hugepages-') && (!name.includes('/') || name.includes('kubernetes.io/'))
    if (most === undefined) {
      if (!overcommit)
        errors.push(required(child(path, 'limits'), 'Limit must be set for non overcommitable resources'))
    } else if (!overcommit && compareQuantities(wanted, most) !== 0)
      errors.push(invalid(child(path, 'requests'), text, `must be equal to ${name} limit of ${limit}`))
    else if (compareQuantities(wanted, most) > 0)
      errors.push(invalid(child(path, 'requests'), text, `must be less than or equal to ${name} limit of ${limit}`))
  }
}

/** The name of what a container can ask for. */
export function checkResourceName(name: string, path: string, errors: Errors): void {
  if (standardResources.has(name)) return
  const problems = qualifiedNameErrors(name)
  for (const problem of problems) errors.push(invalid(path, name, problem))
  if (problems.length > 0 || name.includes('/') || name.startsWith('hugepages-')) return
  if (!known.has(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
  errors.push(invalid(path, name, 'must be a standard resource for containers'))
}

function checkResource(name: string, text: string, path: string, errors: Errors): void {
  checkResourceName(name, path, errors)
  checkQuantity(text, path, errors)
  const quantity = parseQuantity(text)
  if (name.includes('/') && typeof quantity !== 'string' && quantityMilliValue(quantity) % 1000n !== 0n)
    errors.push(invalid(path, text, 'must be an integer'))
}

/** An amount that is not negative. */
export function checkQuantity(text: string, path: string, errors: Errors): void {
  const quantity = parseQuantity(text)
  if (typeof quantity !== 'string' && quantity.nanos < 0n)
    errors.push(invalid(path, text, 'must be greater than or equal to 0'))
}
