import type { KubeObject } from '../object.ts'
import type { Schema } from '../schema/schema.ts'
import { emptyFields } from '../schema/zero-value.ts'

const made = new WeakMap<Schema, KubeObject>()

/** What a new object of the kind holds before anything is set. */
export function emptyObject(schema: Schema, apiVersion: string, kind: string): KubeObject {
  const known = made.get(schema)
  if (known !== undefined) return known
  const object = { metadata: {}, ...emptyFields(schema), apiVersion, kind } as unknown as KubeObject
  made.set(schema, object)
  return object
}
