import type { JsonObject } from '../../../manifest/json.ts'
import { parseQuantity } from '../../../manifest/quantity.ts'
import { child, forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkLabelSelector, checkOneOf, type Errors } from '../checks.ts'
import { at, objectAt, textAt, textsAt } from '../schema/value.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** The ways in which a volume may be used. */
export function checkModes(given: readonly string[], path: string, errors: Errors): void {
  for (const mode of given) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes))
  if (
    given.includes('ReadWriteOncePod') &&
    given.some(mode => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  )
    errors.push(forbiddenField(path, 'may not use ReadWriteOncePod with other access modes'))
}

/** An amount above zero. */
export function checkPositive(text: string, path: string, errors: Errors): void {
  const quantity = parseQuantity(text)
  if (typeof quantity !== 'string' && quantity.nanos <= 0n)
    errors.push(invalid(path, text, 'must be greater than zero'))
}

/** The specification of a claim, on its own or as a template. */
export function checkClaimSpec(spec: JsonObject, path: string, errors: Errors): void {
  const modesPath = child(path, 'accessModes')
  const given = textsAt(spec, 'accessModes')
  if (given.length === 0) errors.push(required(modesPath, 'at least 1 access mode is required'))
  checkLabelSelector(objectAt(spec, 'selector'), child(path, 'selector'), errors)
  checkModes(given, modesPath, errors)
  const storage = at(spec, 'resources', 'requests', 'storage')
  const storagePath = child(path, 'resources', ['storage'])
  if (typeof storage !== 'string') errors.push(required(storagePath))
  else checkPositive(storage, storagePath, errors)
  const className = textAt(spec, 'storageClassName')
  if (className !== '')
    for (const problem of nameErrors('dns1123Subdomain', className))
      errors.push(invalid(child(path, 'storageClassName'), className, problem))
  checkOneOf(textAt(spec, 'volumeMode'), ['Block', 'Filesystem'], child(path, 'volumeMode'), errors)
}
