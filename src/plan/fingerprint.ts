import { createHash } from 'node:crypto'
import { canonicalJson } from '../manifest/canonical.ts'
import type { JsonObject, JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { foreignFields, ownEntry, project } from './field-set.ts'

/** What is kept of a live object to tell drift from other people's business: a hash of what a manager owns. */
export interface Fingerprint {
  readonly uid: string
  readonly resourceVersion: string
  /** Hash over the owned fields, their values, and which they are; undefined where the manager owns nothing. */
  readonly owned: string | undefined
}

/**
 * The fingerprint of a live object. The same `owned` means no drift, whatever else was written; a different one means that a
 * managed field or its ownership has changed.
 */
export function fingerprint(object: KubeObject, manager: string): Fingerprint {
  const { uid = '', resourceVersion = '' } = object.metadata
  const entry = ownEntry(object, manager)
  if (entry?.fieldsV1 === undefined) return { uid, resourceVersion, owned: undefined }
  const fields = entry.fieldsV1
  const projected = project(object as unknown as JsonObject, fields, foreignFields(object, entry))
  return { uid, resourceVersion, owned: digest([fields, projected ?? null]) }
}

/** The digest of an object as it is about to be applied; equal digests need no second apply. */
export function digestOf(object: KubeObject): string {
  return digest(object as unknown as JsonObject)
}

/** A short digest of a value. */
export function digest(value: JsonValue): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 27)
}
