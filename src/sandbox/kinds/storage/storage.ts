import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import type { Column, Kind } from '../../kind.ts'
import { checkImmutable, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, labelsAt, objectsAt, textAt, textsAt, withMissing } from '../schema/value.ts'

const group = 'storage.k8s.io'
const scope = 'cluster'
const defaultClass = 'storageclass.kubernetes.io/is-default-class'
const flag = (name: string, ...path: readonly string[]): Column =>
  column(name, object => at(object, ...path) === true, { type: 'boolean' })

/** `storage.k8s.io/v1` StorageClass. */
export const storageClass: Kind = defineKind({
  group,
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  scope,
  defaults: {
    'storage/v1.StorageClass': object =>
      withMissing(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  },
  validate: checkClass,
  validateUpdate(object, old, errors) {
    const fixed = (field: string) => {
      if (!isDeepStrictEqual(at(object, field), at(old, field)))
        errors.push(forbiddenField(field, `updates to ${field} are forbidden.`))
    }
    fixed('parameters')
    fixed('provisioner')
    fixed('reclaimPolicy')
    checkImmutable(at(object, 'volumeBindingMode'), at(old, 'volumeBindingMode'), 'volumeBindingMode', errors)
  },
  columns: [
    column('Name', className, { format: 'name' }),
    column('Provisioner', object => textAt(object, 'provisioner')),
    column('ReclaimPolicy', object => textAt(object, 'reclaimPolicy')),
    column('VolumeBindingMode', object => textAt(object, 'volumeBindingMode')),
    column('AllowVolumeExpansion', object => at(object, 'allowVolumeExpansion') === true),
    ageColumn,
  ],
})

function className(object: JsonObject): string {
  const name = textAt(object, 'metadata', 'name')
  return labelsAt(object, 'metadata', 'annotations')[defaultClass] === 'true' ? `${name} (default)` : name
}

function checkClass(object: JsonObject, errors: Errors): void {
  const provisioner = textAt(object, 'provisioner')
  if (provisioner === '') errors.push(required('provisioner'))
  else
    for (const problem of qualifiedNameErrors(provisioner.toLowerCase()))
      errors.push(invalid('provisioner', provisioner, problem))
  const policy = textAt(object, 'reclaimPolicy')
  if (!['Delete', 'Retain'].includes(policy)) errors.push(notSupported('reclaimPolicy', policy, ['Delete', 'Retain']))
  const mode = textAt(object, 'volumeBindingMode')
  if (!['Immediate', 'WaitForFirstConsumer'].includes(mode))
    errors.push(notSupported('volumeBindingMode', mode, ['Immediate', 'WaitForFirstConsumer']))
}

/** `storage.k8s.io/v1` CSIDriver. */
export const csiDriver: Kind = defineKind({
  group,
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope,
  defaults: {
    'storage/v1.CSIDriverSpec': spec =>
      withMissing(
        textsAt(spec, 'volumeLifecycleModes').length === 0 ? { ...spec, volumeLifecycleModes: ['Persistent'] } : spec,
        {
          attachRequired: true,
          podInfoOnMount: false,
          storageCapacity: false,
          fsGroupPolicy: 'ReadWriteOnceWithFSType',
          requiresRepublish: false,
          seLinuxMount: false,
        },
      ),
  },
  columns: [
    nameColumn,
    flag('AttachRequired', 'spec', 'attachRequired'),
    flag('PodInfoOnMount', 'spec', 'podInfoOnMount'),
    flag('StorageCapacity', 'spec', 'storageCapacity'),
    column('TokenRequests', object =>
      has(object, 'spec', 'tokenRequests')
        ? objectsAt(object, 'spec', 'tokenRequests')
            .map(one => textAt(one, 'audience'))
            .join(',')
        : '<unset>',
    ),
    flag('RequiresRepublish', 'spec', 'requiresRepublish'),
    column('Modes', object => textsAt(object, 'spec', 'volumeLifecycleModes').join(',') || '<none>'),
    ageColumn,
  ],
})

/** `storage.k8s.io/v1` CSINode. */
export const csiNode: Kind = defineKind({
  group,
  kind: 'CSINode',
  plural: 'csinodes',
  scope,
  columns: [
    nameColumn,
    column('Drivers', object => objectsAt(object, 'spec', 'drivers').length, { type: 'integer' }),
    ageColumn,
  ],
})

/** `storage.k8s.io/v1` CSIStorageCapacity. */
export const csiStorageCapacity: Kind = defineKind({
  group,
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  columns: [
    nameColumn,
    column('Created At', object => textAt(object, 'metadata', 'creationTimestamp'), { type: 'date' }),
  ],
})

/** `storage.k8s.io/v1` VolumeAttachment. */
export const volumeAttachment: Kind = defineKind({
  group,
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope,
  subresources: ['status'],
  columns: [
    nameColumn,
    column('Attacher', object => textAt(object, 'spec', 'attacher'), { format: 'name' }),
    column('PV', object => textAt(object, 'spec', 'source', 'persistentVolumeName')),
    column('Node', object => textAt(object, 'spec', 'nodeName')),
    flag('Attached', 'status', 'attached'),
    ageColumn,
  ],
})

/** `storage.k8s.io/v1` VolumeAttributesClass. */
export const volumeAttributesClass: Kind = defineKind({
  group,
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope,
  columns: [nameColumn, column('DriverName', object => textAt(object, 'driverName')), ageColumn],
  validate(object, errors) {
    if (textAt(object, 'driverName') === '') errors.push(required('driverName'))
  },
})
