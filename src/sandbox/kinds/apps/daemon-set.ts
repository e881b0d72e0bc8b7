import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import {
  checkAtMostAll,
  checkImmutable,
  checkIntOrPercent,
  checkLabelSelector,
  checkNonNegative,
  checkTemplateLabels,
  type Errors,
  intOrPercentNumber,
  isEmptySelector,
} from '../checks.ts'
import { ageColumn, column, containerColumns, formatLabelSelector, formatLabels, nameColumn } from '../columns.ts'
import { defineKind, withSpec } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkPodTemplate, checkRunsForGood } from '../pod/validate-spec.ts'
import { templateWarnings } from '../pod/warnings.ts'
import {
  asJson,
  asKube,
  at,
  has,
  labelsAt,
  numberAt,
  objectAt,
  textAt,
  withAt,
  withField,
  withMissing,
} from '../schema/value.ts'

const templateGeneration = 'deprecated.daemonset.template.generation'

/** `apps/v1` DaemonSet. An annotation counts how often the template has changed. */
export const daemonSet: Kind = defineKind({
  group: 'apps',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: ['status'],
  defaults: {
    ...podSpecDefaults,
    // The author owns the count as well, since it is part of what the server makes of every object.
    'apps/v1.DaemonSet': object =>
      withField(withSpec(object, { revisionHistoryLimit: 10 }), 'metadata', metadata =>
        withField(objectAt(metadata), 'annotations', annotations =>
          withMissing(objectAt(annotations), { [templateGeneration]: '0' }),
        ),
      ),
    'apps/v1.DaemonSetUpdateStrategy': strategy => {
      const type = textAt(strategy, 'type') || 'RollingUpdate'
      const typed = textAt(strategy, 'type') === '' ? { ...strategy, type } : strategy
      if (type !== 'RollingUpdate') return typed
      return withField(typed, 'rollingUpdate', rolling =>
        withMissing(objectAt(rolling), { maxUnavailable: 1, maxSurge: 0 }),
      )
    },
  },
  validate: checkDaemonSet,
  validateUpdate(object, old, errors) {
    checkImmutable(at(object, 'spec', 'selector'), at(old, 'spec', 'selector'), 'spec.selector', errors)
    checkDaemonSet(object, errors)
  },
  columns: [
    nameColumn,
    column('Desired', object => numberAt(object, 'status', 'desiredNumberScheduled'), { type: 'integer' }),
    column('Current', object => numberAt(object, 'status', 'currentNumberScheduled'), { type: 'integer' }),
    column('Ready', object => numberAt(object, 'status', 'numberReady'), { type: 'integer' }),
    column('Up-to-date', object => numberAt(object, 'status', 'updatedNumberScheduled'), { type: 'integer' }),
    column('Available', object => numberAt(object, 'status', 'numberAvailable'), { type: 'integer' }),
    column('Node Selector', object => formatLabels(labelsAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
    column('Selector', object => formatLabelSelector(at(object, 'spec', 'selector')), { wide: true }),
  ],
  strategy: {
    warnings: templateWarnings('spec', 'template'),
    prepareForCreate: object => withTemplateGeneration(object, 1),
    prepareForUpdate: (object, old) => {
      const before = Number(old.metadata.annotations?.[templateGeneration] ?? '0')
      const changed = !isDeepStrictEqual(at(object, 'spec', 'template'), at(old, 'spec', 'template'))
      return withTemplateGeneration(object, before + (changed ? 1 : 0))
    },
  },
})

function withTemplateGeneration(object: KubeObject, generation: number): KubeObject {
  if (object.metadata.annotations?.[templateGeneration] === String(generation)) return object
  return asKube(withAt(asJson(object), ['metadata', 'annotations', templateGeneration], String(generation)))
}

function checkDaemonSet(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const selector = has(spec, 'selector') ? objectAt(spec, 'selector') : undefined
  checkLabelSelector(selector ?? {}, 'spec.selector', errors)
  checkTemplateLabels(selector, spec, 'spec', errors)
  if (selector !== undefined && isEmptySelector(selector))
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'))
  checkPodTemplate(objectAt(spec, 'template'), 'spec.template', errors)
  checkRunsForGood(objectAt(spec, 'template'), 'spec.template', 'DaemonSet', errors)
  checkNonNegative(spec, 'minReadySeconds', 'spec', errors)
  checkStrategy(objectAt(spec, 'updateStrategy'), errors)
  checkNonNegative(spec, 'revisionHistoryLimit', 'spec', errors)
}

function checkStrategy(strategy: JsonObject, errors: Errors): void {
  const type = textAt(strategy, 'type')
  if (type === 'OnDelete') return
  if (type !== 'RollingUpdate') {
    errors.push(notSupported('spec.updateStrategy', strategy, ['RollingUpdate', 'OnDelete']))
    return
  }
  const path = 'spec.updateStrategy.rollingUpdate'
  const unavailable = at(strategy, 'rollingUpdate', 'maxUnavailable')
  const surge = at(strategy, 'rollingUpdate', 'maxSurge')
  checkIntOrPercent(unavailable, `${path}.maxUnavailable`, errors)
  checkIntOrPercent(surge, `${path}.maxSurge`, errors)
  checkAtMostAll(unavailable, `${path}.maxUnavailable`, errors)
  checkAtMostAll(surge, `${path}.maxSurge`, errors)
  const [hasUnavailable, hasSurge] = [intOrPercentNumber(unavailable) !== 0, intOrPercentNumber(surge) !== 0]
  if (hasUnavailable && hasSurge)
    errors.push(invalid(`${path}.maxSurge`, surge, 'may not be set when maxUnavailable is non-zero'))
  else if (!hasUnavailable && !hasSurge)
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
}
