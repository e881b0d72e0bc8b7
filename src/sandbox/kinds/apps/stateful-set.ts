import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, forbiddenField, invalid, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkDnsLabel, checkNonNegative, checkWorkloadSelector, type Errors } from '../checks.ts'
import { ageColumn, column, containerColumns, nameColumn, selectorText } from '../columns.ts'
import { defineKind, withSpec } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkClaimSpec } from '../pod/validate-claim.ts'
import { checkPodTemplate, checkRunsForGood } from '../pod/validate-spec.ts'
import { templateWarnings } from '../pod/warnings.ts'
import {
  asJson,
  at,
  has,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  withAt,
  withMissing,
  withUnset,
} from '../schema/value.ts'
import { statusErrors } from './status.ts'

const ofTemplate = templateWarnings('spec', 'template')

const changeable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
] as const

/** `apps/v1` StatefulSet. */
export const statefulSet: Kind = defineKind({
  group: 'apps',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  nameRule: 'dns1123Label',
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: object => selectorText(asJson(object), 'spec', 'selector'),
  },
  defaults: {
    ...podSpecDefaults,
    'apps/v1.StatefulSet': object =>
      withSpec(object, {
        podManagementPolicy: 'OrderedReady',
        persistentVolumeClaimRetentionPolicy: {},
        replicas: 1,
        revisionHistoryLimit: 10,
      }),
    'apps/v1.StatefulSetUpdateStrategy': strategy => {
      const untyped = textAt(strategy, 'type') === ''
      const typed = untyped ? withMissing({ ...strategy, type: 'RollingUpdate' }, { rollingUpdate: {} }) : strategy
      return textAt(typed, 'type') === 'RollingUpdate' && has(typed, 'rollingUpdate')
        ? withAt(typed, ['rollingUpdate'], withMissing(objectAt(typed, 'rollingUpdate'), { partition: 0 }))
        : typed
    },
    'apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy': policy =>
      withUnset(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' }),
    // a template is a whole claim to Go, kind and all
    'core/v1.PersistentVolumeClaim': claim => withUnset(claim, { kind: 'PersistentVolumeClaim', apiVersion: 'v1' }),
    'core/v1.PersistentVolumeClaimStatus': status => withUnset(status, { phase: 'Pending' }),
  },
  validate: (object, errors) => checkStatefulSet(object, errors, false),
  validateUpdate(object, old, errors) {
    checkStatefulSet(object, errors, true)
    let expected = objectAt(object, 'spec')
    for (const field of changeable) expected = withAt(expected, [field], at(old, 'spec', field))
    if (!isDeepStrictEqual(expected, objectAt(old, 'spec')))
      errors.push(
        forbiddenField(
          'spec',
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
      )
  },
  columns: [
    nameColumn,
    column('Ready', object => `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
  ],
  strategy: {
    warnings: (object, old) => [
      ...ofTemplate(object, old),
      ...(numberAt(object, 'spec', 'revisionHistoryLimit') < 0
        ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
        : []),
    ],
    validateStatusUpdate: statusErrors(
      [
        'replicas',
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
        'observedGeneration',
        'collisionCount',
      ],
      [
        ['readyReplicas', 'replicas', 'status.replicas'],
        ['currentReplicas', 'replicas', 'status.replicas'],
        ['updatedReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'readyReplicas', 'status.readyReplicas'],
      ],
    ),
  },
})

function checkStatefulSet(object: JsonObject, errors: Errors, update: boolean): void {
  const spec = objectAt(object, 'spec')
  const management = textAt(spec, 'podManagementPolicy')
  if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"))
  checkStrategy(objectAt(spec, 'updateStrategy'), errors)
  for (const field of ['whenDeleted', 'whenScaled']) {
    const policy = textAt(spec, 'persistentVolumeClaimRetentionPolicy', field)
    if (policy !== 'Retain' && policy !== 'Delete')
      errors.push({
        type: 'FieldValueNotSupported',
        field: child('spec.persistentVolumeClaimRetentionPolicy', field),
        message: `Unsupported value: "${policy}": supported values: "Delete", "Retain"`,
      })
  }
  if (!update)
    objectsAt(spec, 'volumeClaimTemplates').forEach((claim, index) => {
      checkClaimSpec(objectAt(claim, 'spec'), child('spec.volumeClaimTemplates', index, 'spec'), errors)
    })
  checkNonNegative(spec, 'replicas', 'spec', errors)
  checkNonNegative(spec, 'minReadySeconds', 'spec', errors)
  checkNonNegative(objectAt(spec, 'ordinals'), 'start', 'spec.ordinals', errors)
  const service = textAt(spec, 'serviceName')
  if (!update && service !== '') checkDnsLabel(service, 'spec.serviceName', errors)
  if (checkWorkloadSelector(spec, 'spec', 'statefulset', '', errors))
    checkPodTemplate(withClaimVolumes(spec), 'spec.template', errors)
  checkRunsForGood(objectAt(spec, 'template'), 'spec.template', 'StatefulSet', errors)
}

/** The template with a volume for each claim template, as the controller will add them. */
function withClaimVolumes(spec: JsonObject): JsonObject {
  const template = objectAt(spec, 'template')
  const claims = objectsAt(spec, 'volumeClaimTemplates').map(claim => textAt(claim, 'metadata', 'name'))
  if (claims.length === 0) return template
  const own = objectsAt(template, 'spec', 'volumes').filter(volume => !claims.includes(textAt(volume, 'name')))
  const added = claims.map(name => ({ name, persistentVolumeClaim: { claimName: name } }))
  return withAt(template, ['spec', 'volumes'], [...added, ...own])
}

/** The server prints its internal type here, whose fields have Go's names. */
function rollingInGoNames(strategy: JsonObject): JsonObject {
  return {
    Partition: at(strategy, 'rollingUpdate', 'partition') ?? null,
    MaxUnavailable: at(strategy, 'rollingUpdate', 'maxUnavailable') ?? null,
  }
}

function checkStrategy(strategy: JsonObject, errors: Errors): void {
  const type = textAt(strategy, 'type')
  if (type === '') errors.push(required('spec.updateStrategy'))
  else if (type === 'OnDelete') {
    if (has(strategy, 'rollingUpdate'))
      errors.push(
        invalid(
          'spec.updateStrategy.rollingUpdate',
          rollingInGoNames(strategy),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      )
  } else if (type === 'RollingUpdate')
    checkNonNegative(objectAt(strategy, 'rollingUpdate'), 'partition', 'spec.updateStrategy.rollingUpdate', errors)
  else
    errors.push(
      invalid(
        'spec.updateStrategy',
        { Type: type, RollingUpdate: has(strategy, 'rollingUpdate') ? rollingInGoNames(strategy) : null },
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    )
}
