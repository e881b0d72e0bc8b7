import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { child, type FieldError, invalid } from '../../field-error.ts'
import { checkNonNegative } from '../checks.ts'
import { asJson, numberAt, objectAt } from '../schema/value.ts'

/** What must hold between the numbers of a workload's status: none negative, no part above the whole. */
export function statusErrors(
  fields: readonly string[],
  parts: readonly (readonly [part: string, whole: string, wholeInMessage: string])[],
): (object: KubeObject) => readonly FieldError[] {
  return object => {
    const errors: FieldError[] = []
    const status: JsonObject = objectAt(asJson(object), 'status')
    for (const field of fields) checkNonNegative(status, field, 'status', errors)
    for (const [part, whole, name] of parts) {
      const value = numberAt(status, part)
      if (value <= numberAt(status, whole)) continue
      errors.push(invalid(child('status', part), value, `cannot be greater than ${name}`))
    }
    return errors
  }
}
