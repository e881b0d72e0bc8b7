import type { JsonObject, JsonValue } from './json.ts'

/** A field of an object itself: names like `constructor` are ordinary keys of a ConfigMap. */
export function own(object: JsonObject | undefined, name: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}

/** True for an object without fields, and where there is none. */
export function isEmptyObject(object: JsonObject | undefined): boolean {
  for (const _ in object) return false
  return true
}

/** Sets a field of a new object, whatever its name is: assigning `__proto__` would set no field. */
export function put(object: Record<string, JsonValue | undefined>, name: string, value: JsonValue | undefined): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
