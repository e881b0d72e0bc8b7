import type { JsonValue } from '../../../manifest/json.ts'
import { isObject } from '../../../manifest/json.ts'

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** A short name for a pod template, in the letters that Kubernetes uses for it; equal templates have equal names. */
export function templateHash(template: JsonValue, collisions = 0): string {
  let hash = 0x811c9dc5
  const text = `${canonical(template)}${collisions}`
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return [...String(hash >>> 0)].map(digit => alphabet[digit.charCodeAt(0) % alphabet.length]).join('')
}

/** JSON with sorted keys. */
export function canonical(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${fields.join(',')}}`
}
