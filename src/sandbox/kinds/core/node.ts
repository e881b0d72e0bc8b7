import type { JsonObject } from '../../../manifest/json.ts'
import type { Kind } from '../../kind.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, labelsAt, objectAt, objectsAt, textAt, withAt } from '../schema/value.ts'

const notReady = 'node.kubernetes.io/not-ready'
const isNotReady = (taint: JsonObject) => textAt(taint, 'key') === notReady && textAt(taint, 'effect') === 'NoSchedule'
const rolePrefix = 'node-role.kubernetes.io/'

/** `v1` Node. */
export const node: Kind = defineKind({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'cluster',
  subresources: ['status'],
  selectableFields: { 'spec.unschedulable': object => String(at(object, 'spec', 'unschedulable') === true) },
  defaults: {
    'core/v1.NodeStatus': status =>
      at(status, 'allocatable') === undefined && at(status, 'capacity') !== undefined
        ? { ...status, allocatable: objectAt(status, 'capacity') }
        : status,
  },
  strategy: {
    // Until its controller finds the node ready.
    admit(object, old) {
      const taints = objectsAt(object, 'spec', 'taints')
      if (old !== undefined || taints.some(isNotReady)) return object
      return withAt(object, ['spec', 'taints'], [...taints, { key: notReady, effect: 'NoSchedule' }])
    },
  },
  columns: [
    nameColumn,
    column('Status', nodeStatus),
    column('Roles', roles),
    ageColumn,
    column('Version', object => textAt(object, 'status', 'nodeInfo', 'kubeletVersion')),
    column('Internal-IP', object => address(object, 'InternalIP'), { wide: true }),
    column('External-IP', object => address(object, 'ExternalIP'), { wide: true }),
    column('OS-Image', object => info(object, 'osImage'), { wide: true }),
    column('Kernel-Version', object => info(object, 'kernelVersion'), { wide: true }),
    column('Container-Runtime', object => info(object, 'containerRuntimeVersion'), { wide: true }),
  ],
})

function nodeStatus(object: JsonObject): string {
  const ready = objectsAt(object, 'status', 'conditions').find(one => textAt(one, 'type') === 'Ready')
  const text = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return at(object, 'spec', 'unschedulable') === true ? `${text},SchedulingDisabled` : text
}

function roles(object: JsonObject): string {
  const found = new Set<string>()
  for (const [key, value] of Object.entries(labelsAt(object, 'metadata', 'labels'))) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) found.add(key.slice(rolePrefix.length))
    if (key === 'kubernetes.io/role' && value !== '') found.add(value)
  }
  return found.size === 0 ? '<none>' : [...found].sort().join(',')
}

function address(object: JsonObject, type: string): string {
  const found = objectsAt(object, 'status', 'addresses').find(one => textAt(one, 'type') === type)
  return textAt(found, 'address') || '<none>'
}

function info(object: JsonObject, field: string): string {
  return textAt(object, 'status', 'nodeInfo', field) || '<unknown>'
}
