import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { compareQuantities, parseQuantity } from '../../../manifest/quantity.ts'
import { timestamp } from '../../clock.ts'
import { child, forbiddenField, notSupported, required } from '../../field-error.ts'
import type { Kind, StrategyContext } from '../../kind.ts'
import { checkImmutable, checkOneOf, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { checkClaimSpec, checkModes, checkPositive } from '../pod/validate-claim.ts'
import {
  asJson,
  asKube,
  at,
  has,
  labelsAt,
  objectAt,
  textAt,
  textsAt,
  withAt,
  withMissing,
  withUnset,
} from '../schema/value.ts'

const betaClass = 'volume.beta.kubernetes.io/storage-class'
const defaultClass = 'storageclass.kubernetes.io/is-default-class'

function modes(object: JsonObject, ...path: readonly string[]): string {
  const given = textsAt(object, ...path)
  const short = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' }
  return Object.entries(short)
    .filter(([mode]) => given.includes(mode))
    .map(([, text]) => text)
    .join(',')
}

const phase = (object: JsonObject) =>
  has(object, 'metadata', 'deletionTimestamp') ? 'Terminating' : textAt(object, 'status', 'phase')
const storageClass = (object: JsonObject) =>
  labelsAt(object, 'metadata', 'annotations')[betaClass] ?? textAt(object, 'spec', 'storageClassName')
const textOr = (object: JsonObject, field: string) => textAt(object, 'spec', field) || '<unset>'
const protection = (object: KubeObject, finalizer: string): KubeObject => {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

/** `v1` PersistentVolumeClaim. */
export const persistentVolumeClaim: Kind = defineKind({
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  subresources: ['status'],
  defaults: {
    'core/v1.PersistentVolumeClaim': object => withUnset(object, {}),
    'core/v1.PersistentVolumeClaimSpec': spec => withMissing(spec, { volumeMode: 'Filesystem' }),
    'core/v1.PersistentVolumeClaimStatus': status => withUnset(status, { phase: 'Pending' }),
  },
  initialStatus: () => ({ phase: 'Pending' }),
  validate: checkClaim,
  validateUpdate: checkClaimUpdate,
  columns: [
    nameColumn,
    column('Status', phase),
    column('Volume', object => textAt(object, 'spec', 'volumeName')),
    column('Capacity', object =>
      has(object, 'spec', 'volumeName') ? textAt(object, 'status', 'capacity', 'storage') || '0' : '',
    ),
    column('Access Modes', object => (has(object, 'spec', 'volumeName') ? modes(object, 'status', 'accessModes') : '')),
    column('StorageClass', storageClass),
    column('VolumeAttributesClass', object => textOr(object, 'volumeAttributesClassName')),
    ageColumn,
    column('VolumeMode', object => textOr(object, 'volumeMode'), { wide: true }),
  ],
  strategy: {
    admit(object, old, context) {
      if (old !== undefined) return object
      return protection(withDefaultClass(object, context), 'kubernetes.io/pvc-protection')
    },
  },
})

/** A claim that names no class, not even the empty one, gets the default class. */
function withDefaultClass(object: KubeObject, context: StrategyContext): KubeObject {
  if (has(object, 'spec', 'storageClassName') || object.metadata.annotations?.[betaClass] !== undefined) return object
  const classes = context.reader
    .list('storage.k8s.io/storageclasses')
    .filter(one => one.metadata.annotations?.[defaultClass] === 'true')
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  const chosen = classes[0]
  return chosen === undefined
    ? object
    : asKube(withAt(asJson(object), ['spec', 'storageClassName'], chosen.metadata.name))
}

function checkClaim(object: JsonObject, errors: Errors): void {
  checkClaimSpec(objectAt(object, 'spec'), 'spec', errors)
}

function checkClaimUpdate(object: JsonObject, old: JsonObject, errors: Errors): void {
  checkClaim(object, errors)
  const requests = ['spec', 'resources', 'requests']
  const bound = textAt(object, 'status', 'phase') === 'Bound'
  let before = old
  let after = object
  if (textAt(old, 'spec', 'volumeName') === '')
    before = withAt(before, ['spec', 'volumeName'], at(object, 'spec', 'volumeName'))
  if (!has(old, 'spec', 'storageClassName')) after = withAt(after, ['spec', 'storageClassName'], undefined)
  if (bound) {
    if (has(object, ...requests)) after = withAt(after, [...requests, 'storage'], at(old, ...requests, 'storage'))
    after = withAt(after, ['spec', 'volumeAttributesClassName'], at(old, 'spec', 'volumeAttributesClassName'))
  }
  if (!isDeepStrictEqual(at(after, 'spec'), at(before, 'spec')))
    errors.push(
      forbiddenField(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n`,
      ),
    )
  const [size, previous] = [object, old].map(one => parseQuantity(textAt(one, ...requests, 'storage') || '0'))
  const capacity = parseQuantity(textAt(old, 'status', 'capacity', 'storage') || '0')
  if (size !== undefined && previous !== undefined)
    if (typeof size !== 'string' && typeof previous !== 'string' && typeof capacity !== 'string')
      if (compareQuantities(size, previous) < 0 && compareQuantities(size, capacity) <= 0)
        errors.push(forbiddenField(child('', ...requests, 'storage'), 'field can not be less than status.capacity'))
  checkImmutable(at(object, 'spec', 'volumeMode'), at(old, 'spec', 'volumeMode'), 'volumeMode', errors)
}

/** `v1` PersistentVolume. */
export const persistentVolume: Kind = defineKind({
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'cluster',
  subresources: ['status'],
  defaults: {
    'core/v1.PersistentVolumeSpec': spec =>
      withMissing(withUnset(spec, { persistentVolumeReclaimPolicy: 'Retain' }), { volumeMode: 'Filesystem' }),
    'core/v1.PersistentVolumeStatus': status => withUnset(status, { phase: 'Pending' }),
    'core/v1.HostPathVolumeSource': value => withMissing(value, { type: '' }),
  },
  initialStatus: (_object, { now }) => ({ phase: 'Pending', lastPhaseTransitionTime: timestamp(now) }),
  validate: checkVolume,
  validateUpdate(object, old, errors) {
    checkVolume(object, errors)
    if (!isDeepStrictEqual(sourceOf(object), sourceOf(old)))
      errors.push(
        forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation\n'),
      )
    checkImmutable(at(object, 'spec', 'volumeMode'), at(old, 'spec', 'volumeMode'), 'volumeMode', errors)
  },
  columns: [
    nameColumn,
    column('Capacity', object => textAt(object, 'spec', 'capacity', 'storage') || '0'),
    column('Access Modes', object => modes(object, 'spec', 'accessModes')),
    column('Reclaim Policy', object => textAt(object, 'spec', 'persistentVolumeReclaimPolicy')),
    column('Status', phase),
    column('Claim', object =>
      has(object, 'spec', 'claimRef')
        ? `${textAt(object, 'spec', 'claimRef', 'namespace')}/${textAt(object, 'spec', 'claimRef', 'name')}`
        : '',
    ),
    column('StorageClass', storageClass),
    column('VolumeAttributesClass', object => textOr(object, 'volumeAttributesClassName')),
    column('Reason', object => textAt(object, 'status', 'reason')),
    ageColumn,
    column('VolumeMode', object => textOr(object, 'volumeMode'), { wide: true }),
  ],
  strategy: {
    admit: (object, old) => (old === undefined ? protection(object, 'kubernetes.io/pv-protection') : object),
  },
})

const notSource: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeMode',
  'volumeAttributesClassName',
])

function sourceOf(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(objectAt(object, 'spec')).filter(([field]) => !notSource.has(field)))
}

function checkVolume(object: JsonObject, errors: Errors): void {
  const given = textsAt(object, 'spec', 'accessModes')
  if (given.length === 0) errors.push(required('spec.accessModes'))
  checkModes(given, 'spec.accessModes', errors)
  const capacity = labelsAt(object, 'spec', 'capacity')
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'))
  if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported('spec.capacity', Object.keys(capacity).length === 0 ? null : capacity, ['storage']))
  for (const [name, text] of Object.entries(capacity)) checkPositive(text, child('spec.capacity', [name]), errors)
  checkOneOf(
    textAt(object, 'spec', 'persistentVolumeReclaimPolicy'),
    ['Delete', 'Recycle', 'Retain'],
    'spec.persistentVolumeReclaimPolicy',
    errors,
  )
  if (has(object, 'spec', 'hostPath') && textAt(object, 'spec', 'hostPath', 'path') === '')
    errors.push(required('spec.hostPath.path'))
  const sources = Object.keys(sourceOf(object))
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'))
  for (const extra of sources.slice(1))
    errors.push(forbiddenField(child('spec', extra), 'may not specify more than 1 volume type'))
}
