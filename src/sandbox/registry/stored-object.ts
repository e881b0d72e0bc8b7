import type { JsonObject } from '../../manifest/json.ts'
import { type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import { storedForm } from '../../manifest/schema/stored-form.ts'
import type { Kind } from '../kind.ts'

/**
 * An object of the storage version as it comes back from storage, which is how every answer shows it. Built-in kinds lose
 * the difference between empty and none; custom resources are pruned and get their defaults once more, so that a default
 * of the status appears although the status of a new object is dropped.
 */
export function asStored(kind: Kind, object: KubeObject): KubeObject {
  if (kind.custom === true) {
    const { shape } = kind.versions.find(({ version }) => version === kind.storageVersion) ?? {}
    return shape?.normalize(object, () => {}) ?? object
  }
  const schema = schemaFor({ ...parseApiVersion(object.apiVersion), kind: object.kind })
  if (schema === undefined) return object
  return storedForm(object as unknown as JsonObject, schema) as unknown as KubeObject
}
