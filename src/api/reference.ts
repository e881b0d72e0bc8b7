import { object, string } from './schema.ts'

export const DURATION = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'
export const SHORT_DURATION = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$'

/** A reference to an object in the same namespace. */
export function localReference(description: string) {
  return object(description, { name: string('Name of the object.') })
}
