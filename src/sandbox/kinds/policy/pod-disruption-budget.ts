import type { JsonObject } from '../../../manifest/json.ts'
import { invalid, notSupported } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkAtMostAll, checkIntOrPercent, checkLabelSelector, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, numberAt, objectAt, textAt } from '../schema/value.ts'

/** `policy/v1` PodDisruptionBudget. */
export const podDisruptionBudget: Kind = defineKind({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  subresources: ['status'],
  validate: checkBudget,
  columns: [
    nameColumn,
    column('Min Available', object => String(at(object, 'spec', 'minAvailable') ?? 'N/A')),
    column('Max Unavailable', object => String(at(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    column('Allowed Disruptions', object => numberAt(object, 'status', 'disruptionsAllowed'), { type: 'integer' }),
    ageColumn,
  ],
})

/** The server prints its internal type here, whose fields have Go's names. */
function inGoNames(spec: JsonObject): JsonObject {
  return {
    MinAvailable: at(spec, 'minAvailable') ?? null,
    Selector: at(spec, 'selector') ?? null,
    MaxUnavailable: at(spec, 'maxUnavailable') ?? null,
    UnhealthyPodEvictionPolicy: at(spec, 'unhealthyPodEvictionPolicy') ?? null,
  }
}

function checkBudget(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  if (has(spec, 'minAvailable') && has(spec, 'maxUnavailable'))
    errors.push(invalid('spec', inGoNames(spec), 'minAvailable and maxUnavailable cannot be both set'))
  for (const field of ['minAvailable', 'maxUnavailable']) {
    checkIntOrPercent(at(spec, field), `spec.${field}`, errors)
    checkAtMostAll(at(spec, field), `spec.${field}`, errors)
  }
  checkLabelSelector(objectAt(spec, 'selector'), 'spec.selector', errors)
  const policy = textAt(spec, 'unhealthyPodEvictionPolicy')
  if (policy !== '' && !['AlwaysAllow', 'IfHealthyBudget'].includes(policy))
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']))
}
