import type { JsonValue } from '../../manifest/json.ts'
import { labelValueErrors, qualifiedNameErrors } from '../../manifest/label-syntax.ts'
import type { KubeObject, ObjectMeta, OwnerReference } from '../../manifest/object.ts'
import { equal } from '../equal.ts'
import { child, type FieldError, forbiddenField, invalid, required, tooLong } from '../field-error.ts'
import type { Kind } from '../kind.ts'
import { labelNameErrors, nameErrors } from './names.ts'

const ANNOTATION_LIMIT = 256 * 1024

/** Problems of the metadata of a new object, as apimachinery's `ValidateObjectMeta` finds them. */
export function metadataErrors(kind: Kind, metadata: ObjectMeta, path = 'metadata'): readonly FieldError[] {
  const at = (...steps: readonly (string | number)[]) => child(path, ...steps)
  const errors: FieldError[] = []
  const { name, namespace = '', generateName = '' } = metadata
  if (generateName !== '')
    for (const problem of nameErrors(kind.nameRule, generateName, true))
      errors.push(invalid(at('generateName'), generateName, problem))
  if (!name) errors.push(required(at('name'), 'name or generateName is required'))
  else for (const problem of nameErrors(kind.nameRule, name)) errors.push(invalid(at('name'), name, problem))
  if (kind.namespaced) {
    if (namespace === '') errors.push(required(at('namespace')))
    else for (const problem of labelNameErrors(namespace)) errors.push(invalid(at('namespace'), namespace, problem))
  } else if (namespace !== '') errors.push(forbiddenField(at('namespace'), 'not allowed on this type'))
  errors.push(...commonErrors(metadata, path))
  errors.push(...finalizerErrors(kind, metadata.finalizers ?? [], at('finalizers')))
  return errors
}

/** Problems of a change of metadata, as `ValidateObjectMetaUpdate` finds them. */
export function metadataUpdateErrors(metadata: ObjectMeta, old: ObjectMeta, path = 'metadata'): readonly FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined) {
    const extra = (metadata.finalizers ?? []).filter(one => !(old.finalizers ?? []).includes(one)).sort()
    if (extra.length > 0)
      errors.push(
        forbiddenField(
          child(path, 'finalizers'),
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${extra.map(one => JSON.stringify(one)).join(', ')}}`,
        ),
      )
  }
  const immutable = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const
  for (const field of immutable)
    if (!equal(metadata[field], old[field]))
      errors.push(invalid(child(path, field), metadata[field], 'field is immutable'))
  errors.push(...commonErrors(metadata, path))
  return errors
}

function commonErrors(metadata: ObjectMeta, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(metadata.labels ?? {}))
    errors.push(...labelErrors(key, value, child(path, 'labels')))
  let size = 0
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    for (const problem of qualifiedNameErrors(key.toLowerCase()))
      errors.push(invalid(child(path, 'annotations'), key, problem))
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (size > ANNOTATION_LIMIT) errors.push(tooLong(child(path, 'annotations'), ANNOTATION_LIMIT))
  errors.push(...ownerErrors(metadata.ownerReferences ?? [], child(path, 'ownerReferences')))
  return errors
}

/** Problems of one label; `path` is the path of the label map. */
export function labelErrors(key: string, value: string, path: string): readonly FieldError[] {
  return [
    ...qualifiedNameErrors(key).map(problem => invalid(path, key, problem)),
    ...labelValueErrors(value).map(problem => invalid(path, value, problem)),
  ]
}

function ownerErrors(owners: readonly OwnerReference[], path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  let controller = ''
  for (const owner of owners) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = owner
    if ((apiVersion.includes('/') ? apiVersion.slice(apiVersion.indexOf('/') + 1) : apiVersion) === '')
      errors.push(invalid(child(path, 'apiVersion'), apiVersion, 'version must not be empty'))
    for (const [field, value] of Object.entries({ kind, name, uid }))
      if (value === '') errors.push(invalid(child(path, field), value, 'must not be empty'))
    if (apiVersion === 'v1' && kind === 'Event')
      errors.push(invalid(path, owner as unknown as JsonValue, '/v1, Kind=Event is disallowed from being an owner'))
    if (owner.controller !== true) continue
    const current = `${kind}/${name}`
    if (controller !== '')
      errors.push(
        invalid(
          path,
          owners as unknown as JsonValue,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
        ),
      )
    else controller = current
  }
  return errors
}

function finalizerErrors(kind: Kind, finalizers: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const finalizer of finalizers)
    for (const problem of qualifiedNameErrors(finalizer)) errors.push(invalid(path, finalizer, problem))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  if (kind.custom !== true)
    finalizers.forEach((finalizer, index) => {
      if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
        errors.push(
          invalid(child(path, index), finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
        )
    })
  return errors
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** Owner references without exact repetitions, and the UIDs that were repeated. */
export function withoutRepeatedOwners(object: KubeObject): { object: KubeObject; repeated: readonly string[] } {
  const owners = object.metadata.ownerReferences
  if (owners === undefined || owners.length < 2) return { object, repeated: [] }
  const kept: OwnerReference[] = []
  const repeated: string[] = []
  for (const owner of owners)
    if (kept.some(one => equal(one, owner))) repeated.push(owner.uid)
    else kept.push(owner)
  return repeated.length === 0
    ? { object, repeated }
    : { object: { ...object, metadata: { ...object.metadata, ownerReferences: kept } }, repeated }
}

/** Metadata with some fields replaced; undefined takes a field away. Identity and order of the other fields stay. */
export function withMetadata(
  object: KubeObject,
  changes: { readonly [Field in keyof ObjectMeta]?: ObjectMeta[Field] | undefined },
): KubeObject {
  const metadata: Record<string, unknown> = { ...object.metadata, ...changes }
  for (const key of Object.keys(changes)) if (metadata[key] === undefined) delete metadata[key]
  return { ...object, metadata: metadata as unknown as ObjectMeta }
}
