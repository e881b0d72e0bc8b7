import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, forbiddenField, invalid, required } from '../../field-error.ts'
import type { Kind, StrategyContext } from '../../kind.ts'
import type { Errors } from '../checks.ts'
import { defineKind } from '../define.ts'
import { admitPod } from '../pod/admit.ts'
import { podColumns } from '../pod/columns.ts'
import { podSpecDefaults, qosClass, wholePodDefaults } from '../pod/defaults.ts'
import { checkPodSpec } from '../pod/validate-spec.ts'
import { wholePodWarnings } from '../pod/warnings.ts'
import { at, has, objectAt, objectsAt, textAt, withAt } from '../schema/value.ts'

/** `v1` Pod. */
export const pod: Kind = defineKind({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  subresources: ['status', 'log', 'binding', 'eviction', 'ephemeralcontainers', 'resize'],
  columns: podColumns,
  defaults: { ...podSpecDefaults, ...wholePodDefaults },
  validate(object, errors) {
    checkPodSpec(objectAt(object, 'spec'), 'spec', errors)
  },
  validateUpdate: checkPodUpdate,
  initialStatus: object => ({ phase: 'Pending', qosClass: qosClass(object) }),
  selectableFields: {
    'spec.nodeName': object => textAt(object, 'spec', 'nodeName'),
    'spec.restartPolicy': object => textAt(object, 'spec', 'restartPolicy'),
    'spec.schedulerName': object => textAt(object, 'spec', 'schedulerName'),
    'spec.serviceAccountName': object => textAt(object, 'spec', 'serviceAccountName'),
    'spec.hostNetwork': object => String(at(object, 'spec', 'hostNetwork') === true),
    'status.phase': object => textAt(object, 'status', 'phase'),
    'status.podIP': object => textAt(object, 'status', 'podIP'),
    'status.nominatedNodeName': object => textAt(object, 'status', 'nominatedNodeName'),
  },
  strategy: {
    admit: admitPod,
    warnings: wholePodWarnings,
    resetStatusFields: ['metadata.deletionTimestamp', 'metadata.ownerReferences'],
    changesGeneration: (object, old) =>
      !isDeepStrictEqual(withAt(objectAt(object, 'spec'), ['nodeName'], at(old, 'spec', 'nodeName')), at(old, 'spec')),
    gracePeriod: (object, requested) => {
      const unscheduled = textAt(object, 'spec', 'nodeName') === ''
      const phase = textAt(object, 'status', 'phase')
      if (unscheduled || phase === 'Failed' || phase === 'Succeeded') return 0
      const own = at(object, 'spec', 'terminationGracePeriodSeconds')
      return requested ?? (typeof own === 'number' ? own : 30)
    },
  },
})

const scheduler = 'system:kube-scheduler'

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

function checkPodUpdate(object: JsonObject, old: JsonObject, errors: Errors, context: StrategyContext): void {
  checkPodSpec(objectAt(object, 'spec'), 'spec', errors)
  for (const list of ['containers', 'initContainers']) {
    const containers = objectsAt(object, 'spec', list)
    if (containers.length !== objectsAt(old, 'spec', list).length) {
      errors.push(forbiddenField(child('spec', list), 'pod updates may not add or remove containers'))
      return
    }
    containers.forEach((container, index) => {
      const image = textAt(container, 'image')
      if (image === '') errors.push(required(child('spec', list, index, 'image')))
      if (image.trim() !== image)
        errors.push(invalid(child('spec', list, index, 'image'), image, 'must not have leading or trailing whitespace'))
    })
  }
  const kept = withOldImages(objectAt(object, 'spec'), objectAt(old, 'spec'))
  // the scheduler inside the sandbox writes its choice instead of posting a Binding
  const munged = context.user.username === scheduler ? withAt(kept, ['nodeName'], at(old, 'spec', 'nodeName')) : kept
  if (!isDeepStrictEqual(munged, objectAt(old, 'spec')))
    errors.push(forbiddenField('spec', `pod updates may not change fields other than ${updatable}\n`))
}

/** The new specification with everything that may change set back, so that the rest can be compared. */
function withOldImages(spec: JsonObject, old: JsonObject): JsonObject {
  let munged = spec
  for (const list of ['containers', 'initContainers']) {
    if (!has(spec, list)) continue
    const before = objectsAt(old, list)
    munged = withAt(
      munged,
      [list],
      objectsAt(spec, list).map((container, index) => withAt(container, ['image'], at(before[index], 'image'))),
    )
  }
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'])
    munged = withAt(munged, [field], at(old, field))
  return munged
}
