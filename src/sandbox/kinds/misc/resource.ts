import type { JsonObject } from '../../../manifest/json.ts'
import type { Kind } from '../../kind.ts'
import { checkImmutable } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, objectsAt, textAt, withUnset } from '../schema/value.ts'

const group = 'resource.k8s.io'

/** `resource.k8s.io/v1` DeviceClass. */
export const deviceClass: Kind = defineKind({
  group,
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  scope: 'cluster',
  columns: [nameColumn, ageColumn],
})

const defaults = {
  'resource/v1.ExactDeviceRequest': (request: JsonObject) => {
    const mode = textAt(request, 'allocationMode') || 'ExactCount'
    return withUnset(request, { allocationMode: mode, ...(mode === 'ExactCount' ? { count: 1 } : {}) })
  },
}

/** `resource.k8s.io/v1` ResourceClaim; nothing is allocated in the sandbox. */
export const resourceClaim: Kind = defineKind({
  group,
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  subresources: ['status'],
  defaults,
  columns: [nameColumn, column('State', state), ageColumn],
  validateUpdate: (object, old, errors) => checkImmutable(at(object, 'spec'), at(old, 'spec'), 'spec', errors),
})

function state(object: JsonObject): string {
  const deleted = has(object, 'metadata', 'deletionTimestamp')
  if (!has(object, 'status', 'allocation')) return deleted ? 'deleted' : 'pending'
  const reserved = objectsAt(object, 'status', 'reservedFor').length > 0
  return [...(deleted ? ['deleted'] : []), 'allocated', ...(reserved ? ['reserved'] : [])].join(',')
}

/** `resource.k8s.io/v1` ResourceClaimTemplate. */
export const resourceClaimTemplate: Kind = defineKind({
  group,
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  defaults,
  columns: [nameColumn, ageColumn],
  validateUpdate: (object, old, errors) => checkImmutable(at(object, 'spec'), at(old, 'spec'), 'spec', errors),
})

/** `resource.k8s.io/v1` ResourceSlice. */
export const resourceSlice: Kind = defineKind({
  group,
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  scope: 'cluster',
  columns: [
    nameColumn,
    column('Node', object => textAt(object, 'spec', 'nodeName')),
    column('Driver', object => textAt(object, 'spec', 'driver')),
    column('Pool', object => textAt(object, 'spec', 'pool', 'name')),
    ageColumn,
  ],
})
