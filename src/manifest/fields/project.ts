import type { JsonValue } from '../json.ts'
import type { KubeObject, ManagedFieldsEntry } from '../object.ts'
import type { Schema } from '../schema/schema.ts'
import type { FieldSet } from './field-set.ts'
import { parseFieldsV1 } from './fields-v1.ts'
import { deducedType, mergeTypeOf } from './merge-type.ts'
import { extractFields } from './remove.ts'

/**
 * The part of an object that a set of fields names. Two states of an object have the same projection exactly when
 * nothing that the owner of the set cares about has changed. Without a schema lists are taken whole.
 */
export function project(object: KubeObject, fields: FieldSet, schema?: Schema): JsonValue {
  return extractFields(object as unknown as JsonValue, fields, schema === undefined ? deducedType : mergeTypeOf(schema))
}

/** The entry of one manager; undefined where it owns nothing. */
export function managedEntry(
  object: KubeObject,
  manager: string,
  operation: 'Apply' | 'Update' = 'Apply',
  subresource?: string,
): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find(
    entry => entry.manager === manager && entry.operation === operation && entry.subresource === subresource,
  )
}

/** The fields of one manager. */
export function ownedFields(entry: ManagedFieldsEntry): FieldSet {
  return parseFieldsV1(entry.fieldsV1 ?? {})
}

/** The object without the entries that the test picks; its values stay. */
export function removeManagers(object: KubeObject, remove: (entry: ManagedFieldsEntry) => boolean): KubeObject {
  const entries = object.metadata.managedFields
  if (entries === undefined) return object
  const left = entries.filter(entry => !remove(entry))
  return left.length === entries.length ? object : { ...object, metadata: { ...object.metadata, managedFields: left } }
}
