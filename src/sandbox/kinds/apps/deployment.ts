import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, forbiddenField, invalid, notSupported } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import {
  checkAtMostAll,
  checkImmutable,
  checkIntOrPercent,
  checkNonNegative,
  checkWorkloadSelector,
  type Errors,
  intOrPercentNumber,
} from '../checks.ts'
import { ageColumn, column, containerColumns, nameColumn, selectorText } from '../columns.ts'
import { defineKind, withSpec } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkPodTemplate, checkRunsForGood } from '../pod/validate-spec.ts'
import { templateWarnings } from '../pod/warnings.ts'
import { asJson, at, has, numberAt, objectAt, textAt, withField, withMissing } from '../schema/value.ts'
import { statusErrors } from './status.ts'

/** `apps/v1` Deployment. */
export const deployment: Kind = defineKind({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: object => selectorText(asJson(object), 'spec', 'selector'),
  },
  defaults: {
    ...podSpecDefaults,
    'apps/v1.Deployment': object =>
      withSpec(object, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }),
    'apps/v1.DeploymentStrategy': strategy => {
      const type = textAt(strategy, 'type') || 'RollingUpdate'
      const typed = textAt(strategy, 'type') === '' ? { ...strategy, type } : strategy
      if (type !== 'RollingUpdate') return typed
      return withField(typed, 'rollingUpdate', rolling =>
        withMissing(objectAt(rolling), { maxUnavailable: '25%', maxSurge: '25%' }),
      )
    },
  },
  validate: checkDeployment,
  validateUpdate(object, old, errors) {
    checkDeployment(object, errors)
    checkImmutable(at(object, 'spec', 'selector'), at(old, 'spec', 'selector'), 'spec.selector', errors)
  },
  columns: [
    nameColumn,
    column('Ready', object => `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`),
    column('Up-to-date', object => numberAt(object, 'status', 'updatedReplicas')),
    column('Available', object => numberAt(object, 'status', 'availableReplicas')),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
    column('Selector', object => selectorText(object, 'spec', 'selector'), { wide: true }),
  ],
  strategy: {
    warnings: templateWarnings('spec', 'template'),
    resetStatusFields: ['metadata.labels'],
    validateStatusUpdate: statusErrors(
      [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'collisionCount',
      ],
      [
        ['updatedReplicas', 'replicas', 'status.replicas'],
        ['readyReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'readyReplicas', 'readyReplicas'],
      ],
    ),
    changesGeneration: (object, old) =>
      !isDeepStrictEqual(object['spec'], old['spec']) ||
      !isDeepStrictEqual(object.metadata.annotations, old.metadata.annotations),
  },
})

function checkDeployment(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  checkNonNegative(spec, 'replicas', 'spec', errors)
  if (checkWorkloadSelector(spec, 'spec', 'deployment', 'invalid label selector', errors)) {
    checkPodTemplate(objectAt(spec, 'template'), 'spec.template', errors)
    checkRunsForGood(objectAt(spec, 'template'), 'spec.template', 'ReplicaSet', errors)
  }
  checkStrategy(objectAt(spec, 'strategy'), 'spec.strategy', errors)
  checkNonNegative(spec, 'minReadySeconds', 'spec', errors)
  checkNonNegative(spec, 'revisionHistoryLimit', 'spec', errors)
  checkNonNegative(spec, 'progressDeadlineSeconds', 'spec', errors)
  const deadline = numberAt(spec, 'progressDeadlineSeconds')
  if (deadline <= numberAt(spec, 'minReadySeconds'))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
}

function checkStrategy(strategy: JsonObject, path: string, errors: Errors): void {
  const type = textAt(strategy, 'type')
  if (type === 'Recreate') {
    if (has(strategy, 'rollingUpdate'))
      errors.push(
        forbiddenField(child(path, 'rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'"),
      )
  } else if (type === 'RollingUpdate')
    checkRolling(objectAt(strategy, 'rollingUpdate'), child(path, 'rollingUpdate'), errors)
  else errors.push(notSupported(path, { Type: type, RollingUpdate: null }, ['Recreate', 'RollingUpdate']))
}

function checkRolling(rolling: JsonObject, path: string, errors: Errors): void {
  const unavailable = at(rolling, 'maxUnavailable')
  const surge = at(rolling, 'maxSurge')
  checkIntOrPercent(unavailable, child(path, 'maxUnavailable'), errors)
  checkIntOrPercent(surge, child(path, 'maxSurge'), errors)
  if (intOrPercentNumber(unavailable) === 0 && intOrPercentNumber(surge) === 0)
    errors.push(invalid(child(path, 'maxUnavailable'), unavailable, 'may not be 0 when `maxSurge` is 0'))
  checkAtMostAll(unavailable, child(path, 'maxUnavailable'), errors)
}
