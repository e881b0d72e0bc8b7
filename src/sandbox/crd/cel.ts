import type { JsonObject } from '../../manifest/json.ts'
import type { FieldError } from '../field-error.ts'
import type { JsonSchema } from './json-schema.ts'

/** Problems that `x-kubernetes-validations` find. */
export function celErrors(
  _schema: JsonSchema,
  _value: JsonObject,
  _old: JsonObject | undefined,
  _found: readonly FieldError[],
): readonly FieldError[] {
  return []
}
