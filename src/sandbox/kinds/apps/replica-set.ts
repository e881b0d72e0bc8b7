import type { JsonObject } from '../../../manifest/json.ts'
import { required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkImmutable, checkNonNegative, checkWorkloadSelector, type Errors } from '../checks.ts'
import { ageColumn, column, containerColumns, formatLabelSelector, nameColumn, selectorText } from '../columns.ts'
import { defineKind, withSpec } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkPodTemplate, checkRunsForGood } from '../pod/validate-spec.ts'
import { templateWarnings } from '../pod/warnings.ts'
import { asJson, at, has, numberAt, objectAt, textAt } from '../schema/value.ts'
import { statusErrors } from './status.ts'

/** `apps/v1` ReplicaSet. */
export const replicaSet: Kind = defineKind({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: object => selectorText(asJson(object), 'spec', 'selector'),
  },
  defaults: { ...podSpecDefaults, 'apps/v1.ReplicaSet': object => withSpec(object, { replicas: 1 }) },
  validate: checkReplicaSet,
  validateUpdate(object, old, errors) {
    checkReplicaSet(object, errors)
    checkImmutable(at(object, 'spec', 'selector'), at(old, 'spec', 'selector'), 'spec.selector', errors)
  },
  columns: [
    nameColumn,
    column('Desired', object => numberAt(object, 'spec', 'replicas'), { type: 'integer' }),
    column('Current', object => numberAt(object, 'status', 'replicas'), { type: 'integer' }),
    column('Ready', object => numberAt(object, 'status', 'readyReplicas'), { type: 'integer' }),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
    column('Selector', object => formatLabelSelector(at(object, 'spec', 'selector')), { wide: true }),
  ],
  strategy: {
    warnings: templateWarnings('spec', 'template'),
    validateStatusUpdate: statusErrors(
      ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
      [
        ['fullyLabeledReplicas', 'replicas', 'status.replicas'],
        ['readyReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'readyReplicas', 'readyReplicas'],
      ],
    ),
  },
  selectableFields: { 'status.replicas': object => String(numberAt(object, 'status', 'replicas')) },
})

function checkReplicaSet(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  checkNonNegative(spec, 'replicas', 'spec', errors)
  checkNonNegative(spec, 'minReadySeconds', 'spec', errors)
  if (!checkWorkloadSelector(spec, 'spec', 'deployment', 'invalid label selector', errors)) return
  checkPodTemplate(objectAt(spec, 'template'), 'spec.template', errors)
  checkRunsForGood(objectAt(spec, 'template'), 'spec.template', 'ReplicaSet', errors)
}

/** `apps/v1` ControllerRevision. */
export const controllerRevision: Kind = defineKind({
  group: 'apps',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  columns: [
    nameColumn,
    column('Controller', controller),
    column('Revision', object => numberAt(object, 'revision')),
    ageColumn,
  ],
  validate(object, errors) {
    if (!has(object, 'data')) errors.push(required('data', 'data is mandatory'))
    checkNonNegative(object, 'revision', '', errors)
  },
  validateUpdate(object, old, errors) {
    checkNonNegative(object, 'revision', '', errors)
    checkImmutable(at(object, 'data'), at(old, 'data'), 'data', errors)
  },
})

function controller(object: JsonObject): string {
  const owners = (at(object, 'metadata', 'ownerReferences') ?? []) as readonly JsonObject[]
  const owner = owners.find(one => at(one, 'controller') === true)
  if (owner === undefined) return '<none>'
  const [group = ''] = textAt(owner, 'apiVersion').includes('/') ? textAt(owner, 'apiVersion').split('/') : ['']
  const kind = textAt(owner, 'kind').toLowerCase()
  return `${kind}${group === '' ? '' : `.${group}`}/${textAt(owner, 'name')}`
}
