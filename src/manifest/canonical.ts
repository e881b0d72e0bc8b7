import type { JsonValue } from './json.ts'

/**
 * The one text of a value: JSON without spaces, keys sorted by UTF-16 code units, members that are undefined left out,
 * bigint as digits. Equal values give equal text, so that a digest of it is a digest of the value.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let text = ''
  const object = value as Readonly<Record<string, JsonValue | undefined>>
  for (const key of Object.keys(object).sort()) {
    const member = object[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}
