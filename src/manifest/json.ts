/**
 * A JSON value as Kubernetes manifests hold it. Integers beyond 2^53 are bigint, so that an int64 survives;
 * `JSON.parse` of a server's answer yields plain numbers only.
 */
export type JsonValue = null | boolean | number | bigint | string | JsonArray | JsonObject
export type JsonArray = readonly JsonValue[]
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text of a field; undefined where it is absent, empty or no text. */
export function textAt(object: JsonObject, field: string): string | undefined {
  const value = Object.hasOwn(object, field) ? object[field] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value)
}
