import type { JsonObject } from '../../../manifest/json.ts'
import { labelValueErrors, qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { child, invalid, notSupported } from '../../field-error.ts'
import { checkOneOf, type Errors } from '../checks.ts'
import { has, textAt } from '../schema/value.ts'

/** `spec.tolerations`. */
export function checkTolerations(tolerations: readonly JsonObject[], path: string, errors: Errors): void {
  tolerations.forEach((toleration, index) => {
    const here = child(path, index)
    const key = textAt(toleration, 'key')
    const operator = textAt(toleration, 'operator')
    const value = textAt(toleration, 'value')
    const effect = textAt(toleration, 'effect')
    if (key !== '')
      for (const problem of qualifiedNameErrors(key)) errors.push(invalid(child(here, 'key'), key, problem))
    else if (operator !== 'Exists')
      errors.push(
        invalid(
          child(here, 'operator'),
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (has(toleration, 'tolerationSeconds') && effect !== 'NoExecute')
      errors.push(invalid(child(here, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalid(child(here, 'operator'), value, "value must be empty when `operator` is 'Exists'"))
    } else if (operator !== '' && operator !== 'Equal')
      errors.push(notSupported(child(here, 'operator'), operator, ['Equal', 'Exists']))
    else {
      const problems = labelValueErrors(value)
      if (problems.length > 0) errors.push(invalid(child(here, 'operator'), value, problems.join(';')))
    }
    if (effect !== '')
      checkOneOf(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], child(here, 'effect'), errors)
  })
}
