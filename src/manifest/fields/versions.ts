import type { KubeObject } from '../object.ts'
import type { Schema } from '../schema/schema.ts'
import type { FieldSet } from './field-set.ts'
import { type MergeType, mergeTypeOf } from './merge-type.ts'

/** What field management has to know about a kind: its versions, and how to get from one to another. */
export interface VersionedKind {
  /** The schema at an `apiVersion`; undefined where the kind does not exist in it (any more). */
  schemaAt(apiVersion: string): Schema | undefined
  /** The object in another `apiVersion`. Without it only `apiVersion` changes, as for CRDs without a conversion. */
  convert?(object: KubeObject, apiVersion: string): KubeObject
  /** Fields that a write through this resource or subresource never owns, because the server resets them. */
  ignoredAt?(apiVersion: string): FieldSet | undefined
}

/** An object with its type at one version. */
export interface Typed {
  readonly object: KubeObject
  readonly type: MergeType
}

/** The object at the version; undefined where the kind has no such version. */
export function typedAt(kind: VersionedKind, object: KubeObject, apiVersion: string): Typed | undefined {
  const schema = kind.schemaAt(apiVersion)
  if (schema === undefined) return undefined
  const type = mergeTypeOf(schema)
  if (object.apiVersion === apiVersion) return { object, type }
  return { object: kind.convert?.(object, apiVersion) ?? { ...object, apiVersion }, type }
}
