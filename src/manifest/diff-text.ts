import type { FieldChange } from './diff.ts'
import { type FieldPath, formatPath } from './fields/path-element.ts'
import type { JsonValue } from './json.ts'

/** True for fields whose values must not be shown. */
export type Sensitive = (path: FieldPath) => boolean

/** Changes one per line: `~ spec.replicas: 1 -> 3`, `+ …`, `- …`, and `^ …` for a new order. */
export function formatChanges(changes: readonly FieldChange[], sensitive: Sensitive = () => false): string {
  return changes.map(change => formatChange(change, sensitive)).join('\n')
}

export function formatChange(change: FieldChange, sensitive: Sensitive = () => false): string {
  const path = formatPath(change.path).replace(/^\./, '')
  const show = (value: JsonValue) => textOf(value, change.path, sensitive)
  switch (change.kind) {
    case 'added':
      return `+ ${path}: ${show(change.after)}`
    case 'removed':
      return `- ${path}: ${show(change.before)}`
    case 'changed':
      return `~ ${path}: ${show(change.before)} -> ${show(change.after)}`
    case 'reordered':
      return `^ ${path}: ${show(change.before)} -> ${show(change.after)}`
  }
}

/** The values of a Secret, and the annotation in which kubectl keeps a copy of them. */
export function secretFields(object: { readonly kind?: JsonValue }): Sensitive {
  if (object.kind !== 'Secret') return () => false
  return ([first, second, third]) =>
    first === 'f:data' ||
    first === 'f:stringData' ||
    (first === 'f:metadata' &&
      second === 'f:annotations' &&
      (third === undefined || third.endsWith('last-applied-configuration')))
}

const hidden = '"***"'
const longest = 200

function textOf(value: JsonValue, path: FieldPath, sensitive: Sensitive): string {
  const whole = sensitive(path) ? hidden : text(value, path, sensitive)
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole
}

/** Parts below a shown value may be hidden all the same: an added Secret holds its data. */
function text(value: JsonValue, path: FieldPath, sensitive: Sensitive): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const below = (item: JsonValue, step: string) => {
    const at = [...path, step]
    return sensitive(at) ? hidden : text(item, at, sensitive)
  }
  if (Array.isArray(value)) return `[${value.map((item: JsonValue, i) => below(item, `i:${i}`)).join(', ')}]`
  const fields = Object.entries(value).map(([name, item]) => `${name}: ${below(item ?? null, `f:${name}`)}`)
  return `{${fields.join(', ')}}`
}
